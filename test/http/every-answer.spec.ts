import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { ByokModule } from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { KEY, SAME_SITE, SECURITY_HEADERS, startEdge, type EdgeApp } from '../support/edge-app.js';
import { mutatingRoutes } from '../support/routes.js';
import { PLATFORMS } from '../support/platforms.js';

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

  it('leaves routes of the application under our path alone', async () => {
    expect(await (await send('/byok/of-the-application')).text()).toBe('shown');
    expect((await send('/byok/of-the-application', 'POST')).status).toBe(201);
  });
});

describe('Every answer on Fastify', () => {
  it('has the headers, where there is a route and where there is none', async () => {
    class FastifyModule {}
    const nest = await NestFactory.create<NestFastifyApplication>(
      {
        module: FastifyModule,
        imports: [ByokModule.forRoot({ secret: SECRET, rateLimit: false })],
        controllers: [Neighbour],
      },
      new FastifyAdapter(),
      { logger: false, abortOnError: false },
    );
    try {
      await nest.listen(0, '127.0.0.1');
      const url = await nest.getUrl();
      for (const path of ['/byok', '/byok/api/keys', ...UNKNOWN]) {
        for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
          const answer = await fetch(url + path, { method, headers: SAME_SITE });
          expect([method, path, Object.fromEntries(answer.headers)]).toMatchObject([method, path, SECURITY_HEADERS]);
          expect(await answer.text()).not.toContain(KEY);
        }
      }
      const json = { ...SAME_SITE, 'content-type': 'application/json' };
      for (const [body, status] of [
        [`{"apiKey":${KEY}`, 400],
        [JSON.stringify({ apiKey: KEY.repeat(100_000) }), 413],
      ] as const) {
        const refused = await fetch(`${url}/byok/api/keys/openai`, { method: 'PUT', headers: json, body });
        expect([refused.status, Object.fromEntries(refused.headers)]).toMatchObject([status, SECURITY_HEADERS]);
        expect(await refused.text()).not.toContain(KEY);
      }
      expect(await (await fetch(`${url}/byok/of-the-application`)).text()).toBe('shown');
      const own = await fetch(`${url}/absent`);
      expect([own.status, own.headers.get('cache-control')]).toEqual([404, null]);
    } finally {
      await nest.close();
    }
  });
});
