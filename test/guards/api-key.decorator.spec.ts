import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { inspect } from 'node:util';
import {
  ApiKey,
  ConfigurationError,
  RequireAnyApiKey,
  RequireApiKey,
  ResolvedApiKey,
  ResolvedKey,
} from '../../lib/index.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';

@Controller()
class Handlers {
  @Get('named')
  @RequireAnyApiKey(['anthropic', 'openai'])
  named(
    @ApiKey('openai') key: string,
    @ApiKey('anthropic') none: string | null,
    @ResolvedKey('anthropic') nothing: ResolvedApiKey | null,
  ) {
    return { key, none, nothing };
  }

  @Get('resolved')
  @RequireApiKey('openai', { label: 'work' })
  resolved(@ResolvedKey() key: ResolvedApiKey, @ResolvedKey('openai') same: ResolvedApiKey) {
    const { provider, label, apiKey, fields, source, expiresAt } = key;
    return {
      isOne: key instanceof ResolvedApiKey && key === same,
      provider,
      label,
      apiKey,
      fields,
      source,
      expiresAt,
      shown: [JSON.stringify({ key }), `${key.toString()}`, inspect({ key }, { showHidden: true })],
    };
  }

  @Get('whole')
  @RequireApiKey('openai', { label: 'work' })
  whole(@ResolvedKey() key: ResolvedApiKey) {
    return { key };
  }
}

describe('@ApiKey() and @ResolvedKey()', () => {
  let app: EdgeApp;

  beforeAll(async () => {
    app = await startEdge({
      options: { rateLimit: false, providers: { openai: { fields: { org: {} } } } },
      controllers: [Handlers],
    });
  });
  afterAll(() => app.close());

  async function alice() {
    const agent = await app.browser('alice');
    await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    await agent
      .put('/byok/api/keys/openai')
      .send({ apiKey: KEY, label: 'work', fields: { org: 'acme' }, expiresAt: '2999-01-01T00:00:00Z' })
      .expect(200);
    return agent;
  }

  it('give the key of a provider by name, and null where the guard took another', async () => {
    const { body } = await (await alice()).get('/named').expect(200);
    expect(body).toEqual({ key: KEY, none: null, nothing: null });
  });

  it('give all there is of it, and print none of it', async () => {
    const agent = await alice();
    const { body } = await agent.get('/resolved').expect(200);
    const { shown, ...rest } = body as { shown: string[] };
    expect(rest).toEqual({
      isOne: true,
      provider: 'openai',
      label: 'work',
      apiKey: KEY,
      fields: { org: 'acme' },
      source: 'session',
      expiresAt: '2999-01-01T00:00:00.000Z',
    });
    expect(shown).toEqual(['{"key":"[REDACTED]"}', '[REDACTED]', expect.stringContaining('[REDACTED]')]);
    expect(shown.join()).not.toContain(KEY);
    await agent.get('/whole').expect(200, { key: '[REDACTED]' });
  });
});

describe('@RequireApiKey() and @RequireAnyApiKey()', () => {
  it.each<[string, () => unknown]>([
    ['a name that is none', () => RequireApiKey('Open AI')],
    ['the name of a property of all objects', () => RequireApiKey('constructor')],
    ['nothing', () => RequireApiKey(undefined as unknown as string)],
    ['no names', () => RequireAnyApiKey([])],
    ['one text', () => RequireAnyApiKey('openai' as unknown as string[])],
    ['a bad one among good ones', () => RequireAnyApiKey(['openai', ''])],
    ['a label that is none', () => RequireApiKey('openai', { label: '' })],
    ['a label that is no text', () => RequireApiKey('openai', { label: 7 as unknown as string })],
  ])('do not take %s', (_, decorate) => {
    expect(decorate).toThrow(ConfigurationError);
  });
});
