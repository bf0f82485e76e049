import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, ValidationPipe, type CanActivate } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import session from 'express-session';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';

@Controller('own')
class Own {
  @Get()
  get() {
    return 'shown';
  }
}

const HTML = 'text/html,*/*;q=0.8';

describe.each(PLATFORMS)('What fails in front of our routes on %s', (platform) => {
  let app: EdgeApp;
  const store = new session.MemoryStore();

  beforeAll(async () => {
    app = await startEdge({ platform, store, controllers: [Own] });
  });
  afterAll(() => app.close());

  it('is 503 where sessions cannot be loaded: JSON for the API, a page for a person, nothing of ours elsewhere', async () => {
    const agent = await app.browser('alice');
    await agent.get('/byok/api/keys').expect(200);
    const broken = jest
      .spyOn(store, 'get')
      .mockImplementation((_, done) => done(new Error(`connect ECONNREFUSED redis://:hunter2@cache.internal ${KEY}`)));
    try {
      app.log.length = 0;
      for (const accept of ['*/*', HTML]) {
        const { body, headers, text } = await agent.get('/byok/api/keys').set('Accept', accept).expect(503);
        expect(body).toEqual({
          statusCode: 503,
          code: 'BYOK_UNAVAILABLE',
          message: 'The service is not available at the moment. Try again.',
        });
        expect(headers).toMatchObject(SECURITY_HEADERS);
        expect(text).not.toContain('hunter2');
      }
      const page = await agent.get('/byok').set('Accept', HTML).expect(503);
      expect(page.headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': 'text/html; charset=utf-8' });
      const absent = await agent.get(`/byok/absent/${KEY}`).expect(503);
      expect(absent.headers).toMatchObject(SECURITY_HEADERS);
      expect([page.text, absent.text, ...app.log].join()).not.toMatch(/hunter2|1f9c/);
      expect(app.log).toHaveLength(4);
      const own = await agent.get('/own').expect(500);
      expect(own.headers['cache-control']).toBeUndefined();
    } finally {
      broken.mockRestore();
    }
  });

  it('is a page for a form that is too large or malformed', async () => {
    const agent = await app.browser('alice');
    const large = agent
      .post('/byok/keys')
      .type('form')
      .set('Accept', HTML)
      .send({ api_key: KEY.repeat(2000) });
    const { headers, text } = await large.expect(413);
    expect(headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': 'text/html; charset=utf-8' });
    expect(text).not.toContain(KEY);
  });
});

type Parse = (request: unknown, body: Buffer, done: (error: null, value: unknown) => void) => void;

/** Fastify has a parser of its own only beside Nest 12. */
const parseJson: Parse = (_, body, done) => done(null, JSON.parse(body.toString()));

describe.each(PLATFORMS)('The size of a request on %s', (platform) => {
  it('is that of the parser which refused it, where an application has set a smaller one', async () => {
    const app = await startEdge({
      platform,
      configure: (nest) => {
        const parser = nest as unknown as { useBodyParser: (type: string, options: object, parse?: Parse) => void };
        if (platform === 'express') parser.useBodyParser('json', { limit: 1000 });
        else parser.useBodyParser('application/json', { bodyLimit: 1000 }, parseJson);
      },
    });
    try {
      const put = async (length: number) => {
        const body = JSON.stringify({ apiKey: KEY }).padEnd(length, ' ');
        const { status, body: answer } = await (
          await app.browser('alice')
        )
          .put('/byok/api/keys/openai')
          .type('json')
          .send(body);
        return [status, (answer as { message?: string }).message];
      };
      expect(await put(1000)).toEqual([200, undefined]);
      // Fastify asks the route first, and ours has its own limit.
      const tooLarge = [413, 'A request can be at most 1000 bytes long.'];
      expect(await put(1001)).toEqual(platform === 'express' ? tooLarge : [200, undefined]);
      expect(await put(50_000)).toEqual(
        platform === 'express' ? tooLarge : [413, 'A request can be at most 49152 bytes long.'],
      );
    } finally {
      await app.close();
    }
  });

  it('has no number where something else than bytes was counted', async () => {
    const app = await startEdge({ platform });
    try {
      const fields = Array.from({ length: 1500 }, (_, i) => `f${i}=`).join('&');
      const { status, body } = await (await app.browser('alice')).post('/byok/keys').type('form').send(fields);
      expect([status, body]).toMatchObject(
        platform === 'express' ? [413, { message: 'The request is too large.' }] : [400, {}],
      );
    } finally {
      await app.close();
    }
  });
});

describe.each(PLATFORMS)('What the application puts around every route on %s', (platform) => {
  it('leaves our routes their form', async () => {
    let allowed = true;
    class Sometimes implements CanActivate {
      canActivate() {
        return allowed;
      }
    }
    const app = await startEdge({
      platform,
      controllers: [Own],
      providers: [
        {
          provide: APP_PIPE,
          useValue: new ValidationPipe({ whitelist: true, transform: true, forbidNonWhitelisted: true }),
        },
        { provide: APP_GUARD, useValue: new Sometimes() },
      ],
    });
    try {
      const agent = await app.browser('alice');
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY, label: '7' }).expect(200);
      await agent.delete('/byok/api/keys/openai?label=7').expect(204);
      const wrong = await agent.put('/byok/api/keys/openai').send({ apiKey: KEY, labels: '7' }).expect(400);
      expect(wrong.body).toMatchObject({ code: 'BYOK_INVALID_INPUT' });
      allowed = false;
      const { body, headers } = await agent.get('/byok/api/keys').expect(403);
      expect(body).toEqual({ statusCode: 403, code: 'BYOK_REFUSED', message: 'The request was refused.' });
      expect(headers).toMatchObject(SECURITY_HEADERS);
      expect((await agent.get('/own').expect(403)).body).toMatchObject({ error: 'Forbidden' });
    } finally {
      await app.close();
    }
  });
});
