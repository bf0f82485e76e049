import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { All, Controller, type ExecutionContext, Get, NotFoundException, Post } from '@nestjs/common';
import type { Request } from 'express';
import type { FastifyRequest } from 'fastify';
import {
  ApiKey,
  type ByokEvent,
  RequireAnyApiKey,
  RequireApiKey,
  ResolvedKey,
  type ResolvedApiKey,
} from '../../lib/index.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { providerOf, sdkError } from '../support/refusals.js';

const keyOf = (provider: string) => `an-example-of-an-api-key-${provider}`;

@Controller('relay')
class Relay {
  @All('to/:provider')
  @RequireApiKey((request) => request.params.provider)
  relay(@ApiKey() apiKey: string, @ResolvedKey() { provider, label }: ResolvedApiKey) {
    return { provider, label, apiKey };
  }

  @Get('express/:provider')
  @RequireApiKey((request: Request) => request.params.provider)
  express(@ApiKey() apiKey: string) {
    return { apiKey };
  }

  @Get('fastify/:provider')
  @RequireApiKey((request: FastifyRequest<{ Params: { provider: string } }>) => request.params.provider)
  fastify(@ApiKey() apiKey: string) {
    return { apiKey };
  }

  @Get('work/:provider')
  @RequireApiKey(async (request) => Promise.resolve(request.params.provider), { label: 'work' })
  work(@ResolvedKey() { provider, label, apiKey }: ResolvedApiKey) {
    return { provider, label, apiKey };
  }

  @Get('with/:provider')
  @RequireApiKey((request) => request.params.provider)
  @RequireApiKey('mistral')
  with(@ApiKey() named: string, @ApiKey('mistral') mistral: string, @ApiKey('openai') openai: string | null) {
    return { named, mistral, openai };
  }

  @Get('any/:provider')
  @RequireApiKey((request) => request.params.provider)
  @RequireAnyApiKey(['anthropic', 'mistral'])
  any(@ResolvedKey() { provider }: ResolvedApiKey, @ApiKey('mistral') mistral: string | null) {
    return { provider, mistral };
  }

  @Get('context/:provider')
  @RequireApiKey((_, context: ExecutionContext) => context.getHandler().name)
  openai(@ApiKey() apiKey: string) {
    return { apiKey };
  }

  @Get('own-error/:provider')
  @RequireApiKey(() => {
    throw new NotFoundException('No such relay.');
  })
  ownError() {
    return 'never';
  }

  @Get('nothing/:provider')
  @RequireApiKey(() => undefined)
  nothing() {
    return 'never';
  }

  @Post('refused/:provider/by/:other')
  @RequireApiKey((request) => request.params.provider)
  refused(@ResolvedKey() _: ResolvedApiKey) {
    throw refusal;
  }
}

@Controller('class/:provider')
@RequireApiKey((request) => request.params.provider)
class OnClass {
  @Get()
  @RequireApiKey('mistral')
  get(@ApiKey() apiKey: string) {
    return { apiKey };
  }
}

let refusal: Error;

describe.each(PLATFORMS)('A provider from the request on %s', (platform) => {
  let app: EdgeApp;
  const events: ByokEvent[] = [];

  beforeAll(async () => {
    const providers = { openai: providerOf('openai'), anthropic: providerOf('anthropic'), mistral: {} };
    app = await startEdge({
      platform,
      controllers: [Relay, OnClass],
      options: { storage: 'session', rateLimit: false, providers, onEvent: (event) => void events.push(event) },
    });
  });
  beforeEach(() => void events.splice(0));
  afterAll(() => app.close());

  async function userWith(user: string, ...providers: string[]) {
    const agent = await app.browser(user);
    for (const provider of providers) {
      await agent
        .put(`/byok/api/keys/${provider}`)
        .send({ apiKey: keyOf(provider) })
        .expect(200);
    }
    events.splice(0);
    return agent;
  }

  it('gives the key of the provider that the route names', async () => {
    const agent = await userWith('a', 'openai', 'anthropic', 'mistral');
    for (const provider of ['openai', 'anthropic', 'mistral']) {
      const { body } = await agent.put(`/relay/to/${provider}`).expect(200);
      expect(body).toEqual({ provider, label: 'default', apiKey: keyOf(provider) });
      const { body: typed } = await agent.get(`/relay/${platform}/${provider}`).expect(200);
      expect(typed).toEqual({ apiKey: keyOf(provider) });
      const { body: ofClass } = await agent.get(`/class/${provider}`).expect(200);
      expect(ofClass).toEqual({ apiKey: keyOf(provider) });
    }
    const used = ['openai', 'anthropic', 'mistral'].map((provider) =>
      expect.objectContaining({ type: 'used', provider }),
    );
    expect(events).toEqual(expect.arrayContaining(used));
  });

  it('gives it beside fixed ones, and null for one that was not named', async () => {
    const agent = await userWith('b', 'openai', 'anthropic', 'mistral');
    const mistral = keyOf('mistral');
    const named = await agent.get('/relay/with/openai').expect(200);
    expect(named.body).toEqual({ named: keyOf('openai'), mistral, openai: keyOf('openai') });
    const other = await agent.get('/relay/with/anthropic').expect(200);
    expect(other.body).toEqual({ named: keyOf('anthropic'), mistral, openai: null });
    expect((await agent.get('/relay/any/openai').expect(200)).body).toEqual({ provider: 'openai', mistral: null });
  });

  it('takes a label, a promise and the context of the call', async () => {
    const agent = await userWith('c', 'openai');
    await agent.get('/relay/work/openai').expect(403);
    await agent
      .put('/byok/api/keys/openai')
      .send({ apiKey: keyOf('work'), label: 'work' })
      .expect(200);
    const { body } = await agent.get('/relay/work/openai').expect(200);
    expect(body).toEqual({ provider: 'openai', label: 'work', apiKey: keyOf('work') });
    expect((await agent.get('/relay/context/anthropic').expect(200)).body).toEqual({ apiKey: keyOf('openai') });
  });

  it('says which key is missing', async () => {
    const agent = await userWith('d', 'openai');
    const { body } = await agent.post('/relay/to/anthropic').expect(403);
    expect(body).toMatchObject({ code: 'BYOK_KEY_REQUIRED', providers: ['anthropic'], manageUrl: '/byok' });
    expect(events).toMatchObject([{ type: 'denied', provider: 'anthropic' }]);
    const page = await agent.get('/relay/to/anthropic').set('Accept', 'text/html').expect(403);
    expect(page.text).toContain('action="/byok/keys/anthropic"');
  });

  it.each([
    'unknown',
    'OpenAI',
    'constructor',
    '__proto__',
    'openai%20',
    'openai%2Fanthropic',
    'openai%00',
    '%F0%9F%94%91',
    'a'.repeat(100),
    'openai,anthropic',
  ])('answers 400 to the name %s', async (name) => {
    const agent = await userWith('e', 'openai');
    const { body } = await agent.post(`/relay/to/${name}`).expect(400);
    expect(body).toMatchObject({ statusCode: 400, code: 'BYOK_INVALID_INPUT' });
    expect(JSON.stringify(body)).not.toContain(name);
    expect(events).toEqual([]);
  });

  it('answers 400 to no name, and leaves errors of the application to it', async () => {
    const agent = await userWith('f', 'openai');
    expect((await agent.get('/relay/nothing/openai').expect(400)).body).toMatchObject({ code: 'BYOK_INVALID_INPUT' });
    const { body } = await agent.get('/relay/own-error/openai').expect(404);
    expect(body).toMatchObject({ message: 'No such relay.' });
  });

  it('takes an error for a refusal by the named provider alone', async () => {
    const agent = await userWith('g', 'openai', 'anthropic');
    refusal = sdkError('anthropic', 401);
    const { body } = await agent.post('/relay/refused/anthropic/by/anthropic').expect(403);
    expect(body).toMatchObject({ code: 'BYOK_KEY_REFUSED', provider: 'anthropic', providers: ['anthropic'] });
    expect(events).toContainEqual(expect.objectContaining({ type: 'refused', provider: 'anthropic' }));
    refusal = sdkError('anthropic', 401);
    await agent.post('/relay/refused/openai/by/anthropic').expect(500);
  });
});
