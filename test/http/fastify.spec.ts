import { afterEach, describe, expect, it } from '@jest/globals';
import cookiePlugin from '@fastify/cookie';
import sessionPlugin from '@fastify/session';
import { Controller, Get, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { byokAssets } from '../../lib/entries/views.js';
import { ByokModule, RequireApiKey } from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { KEY, SAME_SITE, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { ROOT } from '../support/manifest.js';

@Controller()
class Own {
  @Get('chat')
  @RequireApiKey('openai')
  chat() {
    return 'chatted';
  }

  /** Under our path, with parameters of its own. */
  @Post('byok/files/*')
  upload(@Req() { body }: { body: { text: string } }) {
    return { length: body.text.length };
  }
}

type FastifyInstance = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;
/** The one that the adapter brings with it. */
const fastify = createRequire(join(ROOT, 'node_modules/@nestjs/platform-fastify/index.js'))('fastify') as (
  options?: object,
) => FastifyInstance;

/** A constraint of routes that fails for every request. */
const failing = {
  name: 'failing',
  storage: () => ({ get: () => null, set: () => undefined }),
  deriveConstraint: (_request: unknown, _context: unknown, done: (error: Error) => void) =>
    setImmediate(done, new Error('Out of order')),
};

const USER = { ...SAME_SITE, 'x-test-user': 'alice' };

describe('What applications do with Fastify', () => {
  let close: () => Promise<void>;
  afterEach(() => close());

  /** Our module on an adapter, where everybody is Alice. */
  async function start(
    adapter: FastifyAdapter,
    configure: (nest: NestFastifyApplication) => unknown = () => undefined,
    options: { bodyParser?: boolean } = {},
  ): Promise<string> {
    class FastifyModule {}
    const byok = ByokModule.forRoot({ secret: SECRET, resolveUser: () => 'alice' });
    const nest = await NestFactory.create<NestFastifyApplication>(
      { module: FastifyModule, imports: [byok], controllers: [Own] },
      adapter,
      { logger: false, abortOnError: false, ...options },
    );
    close = () => nest.close();
    await configure(nest);
    await nest.listen(0, '127.0.0.1');
    return nest.getUrl();
  }

  it.each([
    ['cares for no case', { caseSensitive: false }, ['/BYOK', '/ByoK/API/keys']],
    ['takes a slash at the end', { ignoreTrailingSlash: true }, ['/byok/', '/byok/api/keys/']],
    ['takes slashes twice', { ignoreDuplicateSlashes: true }, ['//byok', '/byok//api//keys']],
    ['ends a path at a semicolon', { useSemicolonDelimiter: true }, ['/byok;x=1', '/byok/api/keys;x=1']],
  ])('a router that %s leads to our routes', async (_, routerOptions, paths) => {
    const url = await start(new FastifyAdapter({ routerOptions } as object));
    for (const path of paths) {
      const answer = await fetch(url + path);
      expect([path, answer.status, Object.fromEntries(answer.headers)]).toMatchObject([path, 503, SECURITY_HEADERS]);
      expect(await answer.json()).toMatchObject({ code: 'BYOK_UNAVAILABLE' });
    }
  });

  it('an instance of their own keeps its own answers to paths that it cannot read', async () => {
    const url = await start(new FastifyAdapter(fastify() as never));
    const ours = await fetch(`${url}/byok/api/keys/${KEY}%ff`);
    expect([ours.status, await ours.json()]).toMatchObject([400, { code: 'BYOK_INVALID_INPUT' }]);
    const theirs = await fetch(`${url}/${KEY}%ff`);
    expect([theirs.status, await theirs.json()]).toMatchObject([400, { code: 'FST_ERR_BAD_URL' }]);
  });

  it.each([
    ['that cannot be decoded', '/things/%ff', 400, {}],
    ['of another kind that cannot be', '/%E0%A4%A', 400, {}],
    ['with a parameter that is long', `/things/${'a'.repeat(200)}`, 414, {}],
    ['that nobody can route', '/things/1', 500, { routerOptions: { constraints: { failing } } }],
  ])("a path of another route %s has Fastify's own answer", async (_, path, status, options) => {
    const [plain, instance] = [fastify(options), fastify(options)];
    const addRoutes = (to: FastifyInstance) => {
      to.get('/things/:id', () => 'found');
      if (status === 500) to.get('/failing', { constraints: { failing: 'a' } }, () => 'found');
    };
    addRoutes(plain);
    const ours = await start(new FastifyAdapter(instance as never), () => addRoutes(instance));
    try {
      const answers = [await plain.listen({ port: 0, host: '127.0.0.1' }), ours].map(async (url) => {
        const answer = await fetch(url + path);
        const headers = ['content-type', 'content-length'].map((name) => answer.headers.get(name));
        return { status: answer.status, headers, body: await answer.text() };
      });
      const [expected, given] = await Promise.all(answers);
      expect(expected).toMatchObject({ status, body: expect.stringContaining('"error":') });
      expect(given).toEqual(expected);
    } finally {
      await plain.close();
    }
  });

  it('parsers of their own read our forms and bodies', async () => {
    const adapter = new FastifyAdapter();
    const url = await start(
      adapter,
      async (nest) => {
        await nest.register(cookiePlugin as never);
        await nest.register(sessionPlugin, { secret: 'a-secret-of-the-tests-that-is-long' });
        const parse = (_: unknown, body: string | Buffer, done: (error: null, body: unknown) => void) =>
          done(null, Object.fromEntries(new URLSearchParams(String(body))));
        adapter
          .getInstance()
          .addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, parse as never);
      },
      { bodyParser: false },
    );
    const form = { method: 'POST', headers: { ...SAME_SITE, accept: 'text/html' }, redirect: 'manual' } as const;
    const post = async (fields: Record<string, string>) =>
      (await fetch(`${url}/byok/keys/openai`, { ...form, body: new URLSearchParams(fields) })).status;
    // Read, so that it is known to have no token, or a field too many.
    expect([await post({ api_key: KEY }), await post({ api_keys: KEY })]).toEqual([403, 400]);
    const large = await fetch(`${url}/byok/files/a`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'x'.repeat(50_000) }),
    });
    expect(await large.json()).toEqual({ length: 50_000 });
  });

  it('hooks that put headers on everything do not loosen ours', async () => {
    const adapter = new FastifyAdapter();
    const url = await start(adapter, () => {
      const loosened = { 'content-security-policy': "script-src 'unsafe-inline'", 'cache-control': 'public' };
      adapter.getInstance().addHook('onRequest', async (_, reply) => {
        reply.raw.setHeader('x-frame-options', 'SAMEORIGIN');
        reply.headers(loosened);
        for (const [name, value] of Object.entries(loosened)) reply.raw.setHeader(name, value);
      });
    });
    for (const path of ['/byok', '/byok/api/keys', '/byok/absent', '/byok/api/keys/%ff']) {
      const { headers } = await fetch(url + path);
      expect([path, Object.fromEntries(headers)]).toMatchObject([path, SECURITY_HEADERS]);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('what they do with an answer before it is sent takes its time, and nothing is sent twice', async () => {
    // How often each request was answered.
    const answers = new Map<string, number>();
    const app = await startEdge({
      platform: 'fastify',
      controllers: [Own],
      options: { rateLimit: false },
      configure: (nest) => {
        const instance: FastifyInstance = nest.getHttpAdapter().getInstance();
        instance.addHook('onSend', ({ method, url }, _reply, _payload, done) => {
          answers.set(`${method} ${url}`, (answers.get(`${method} ${url}`) ?? 0) + 1);
          setTimeout(done, 20);
        });
      },
    });
    close = app.close;
    const json = { ...USER, 'content-type': 'application/json' };
    const html = { ...USER, accept: 'text/html' };
    const requests = [
      ['GET', '/byok', html, undefined, 200],
      ['GET', '/byok/absent', html, undefined, 404],
      ['GET', '/byok/assets/absent', USER, undefined, 404],
      ['GET', `/byok/assets/${byokAssets().script.fileName}`, USER, undefined, 200],
      ['GET', '/byok/api/keys/%ff', USER, undefined, 400],
      ['PUT', '/byok/api/keys/mistral', json, '{', 400],
      ['PUT', '/byok/api/keys/openai', json, JSON.stringify({ apiKey: KEY }), 200],
      ['POST', '/byok/keys//delete', USER, undefined, 404],
      ['DELETE', '/byok/api/keys', USER, undefined, 204],
      ['GET', '/chat', html, undefined, 403],
    ] as const;
    for (const [method, path, headers, body, status] of requests) {
      const answer = await fetch(app.url + path, { method, headers, body });
      expect([method, path, answer.status]).toEqual([method, path, status]);
      await answer.text();
    }
    // What the router itself refuses has no hooks.
    const expected = requests
      .filter(([, path]) => !path.endsWith('%ff'))
      .map(([method, path]) => [`${method} ${path}`, 1]);
    expect([...answers]).toEqual(expected);
  });
});
