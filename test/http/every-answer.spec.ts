import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { type EdgeApp, KEY, SAME_SITE, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { mutatingRoutes } from '../support/routes.js';

/** Under our path, but not one of our routes. */
@Controller('byok/of-the-application')
class Neighbour {
  @Get()
  get() {
    return 'shown';
  }

  @Post()
  post() {
    return 'posted';
  }
}

const UNKNOWN = [
  '/byok/absent',
  '/byok/api',
  '/byok/api/absent',
  '/byok/keys/a/b/c',
  `/byok/api/keys/openai/${KEY}`,
  `/byok/keys//delete?${KEY}`,
  '/byok/%2e%2e%2fx',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

describe.each(PLATFORMS)('Every answer under our path on %s', (platform) => {
  let app: EdgeApp;

  beforeAll(async () => {
    app = await startEdge({ platform, options: { rateLimit: false }, controllers: [Neighbour], sessions: false });
  });
  afterAll(() => app.close());

  const send = (path: string, method = 'GET', headers: Record<string, string> = {}, body?: string) =>
    fetch(app.url + path, { method, headers: { ...SAME_SITE, ...headers }, body, redirect: 'manual' });

  it.each(METHODS)('has the headers for %s, of paths that there are and that there are not', async (method) => {
    const known = ['/byok', '/byok/', ...new Set(mutatingRoutes(app.nest, '/byok').map(({ path }) => path))];
    expect(known.length).toBeGreaterThan(7);
    for (const path of [...known, ...UNKNOWN]) {
      for (const accept of ['text/html', 'application/json']) {
        const answer = await send(path.replace(':provider', 'openai'), method, { accept });
        expect([method, path, Object.fromEntries(answer.headers)]).toMatchObject([method, path, SECURITY_HEADERS]);
        expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
        expect([path, answer.headers.getSetCookie()]).toEqual([path, []]);
        expect(await answer.text()).not.toContain(KEY);
      }
    }
  });

  it('is our 404 where there is no route, which quotes nothing; the rest of the application has its own', async () => {
    for (const path of UNKNOWN) {
      for (const method of METHODS.filter((each) => each !== 'HEAD')) {
        const answer = await send(path, method);
        expect([path, method, answer.status]).toEqual([path, method, 404]);
        expect(await answer.json()).toEqual({
          statusCode: 404,
          code: 'BYOK_NOT_FOUND',
          message: 'There is nothing here.',
        });
      }
    }
    const page = await send('/byok/absent', 'GET', { accept: 'text/html' });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    // As it would be without us: the path is quoted, and there are no headers.
    for (const path of ['/absent', '/byokabsent']) {
      const own = await send(`${path}/${KEY}`);
      expect([own.status, own.headers.get('cache-control')]).toEqual([404, null]);
      expect(await own.text()).toContain(KEY);
    }
  });

  it('is a refusal that quotes nothing for what a parser or a router refuses', async () => {
    const json = { 'content-type': 'application/json' };
    for (const [path, body, status] of [
      ['/byok/api/keys/openai', `{"apiKey":${KEY}`, 400],
      ['/byok/api/keys/openai', JSON.stringify({ apiKey: KEY.repeat(100_000) }), 413],
      [`/byok/api/keys/${KEY}%ff`, JSON.stringify({ apiKey: KEY }), 400],
      [`/byok/api/keys/${KEY.repeat(20)}`, JSON.stringify({ apiKey: KEY }), 400],
    ] as const) {
      const refused = await send(path, 'PUT', json, body);
      expect([path, refused.status, Object.fromEntries(refused.headers)]).toMatchObject([
        path,
        status,
        SECURITY_HEADERS,
      ]);
      expect(await refused.text()).not.toContain(KEY);
    }
    // Elsewhere it is the platform's own.
    const own = await send(`/${KEY}/%ff`);
    expect(own.headers.get('cache-control')).toBeNull();
  });

  it('is the same however the path is written, as far as the platform takes it for the same', async () => {
    const written = await send('/%62yok/api/absent', 'GET', { accept: 'text/html' });
    const isOurs = platform === 'fastify';
    expect([written.status, written.headers.get('cache-control')]).toEqual([404, isOurs ? 'no-store' : null]);
    expect((await written.text()).includes('BYOK_NOT_FOUND')).toBe(isOurs);
  });

  it('leaves routes of the application under our path alone', async () => {
    expect(await (await send('/byok/of-the-application')).text()).toBe('shown');
    expect((await send('/byok/of-the-application', 'POST')).status).toBe(201);
  });
});
