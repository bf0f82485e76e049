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
      .send({ api_key: KEY.repeat(1000) });
    const { headers, text } = await large.expect(413);
    expect(headers).toMatchObject({ ...SECURITY_HEADERS, 'content-type': 'text/html; charset=utf-8' });
    expect(text).not.toContain(KEY);
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
