import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Post,
  Req,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type CallHandler,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { setImmediate as turn } from 'node:timers/promises';
import { AsyncLocalStorage } from 'node:async_hooks';
import { ApiKey, type ByokModuleOptions, type ByokRequest, ByokService, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, type EdgeSetup, KEY, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

/** What an application's sign-in keeps, in a session. */
interface SignedIn {
  session: Record<string, unknown>;
}

/** Where an application may keep the user that no request shows. */
const hidden = new AsyncLocalStorage<{ user: string | undefined }>();

@Controller('work')
class Work {
  constructor(private readonly byok: ByokService) {}

  @Get('guarded')
  @RequireApiKey('openai')
  guarded(@ApiKey() key: string) {
    return { key };
  }

  @Get('twice')
  async twice(@Req() request: ByokRequest) {
    return [await this.byok.hasKey(request, 'openai'), await this.byok.hasKey(request, 'openai')];
  }

  @Post('sign-in')
  async signIn(@Req() request: ByokRequest & SignedIn) {
    const before = await this.byok.listProviders(request);
    request.session['user'] = 'alice';
    return { before, after: await this.byok.listProviders(request) };
  }

  @Post('adopt')
  async adopt(@Req() request: ByokRequest & SignedIn) {
    await this.byok.listProviders(request);
    request.session['user'] = 'adopter';
    return { moved: await this.byok.adoptSessionKeys(request) };
  }

  @Get('hidden')
  async hidden(@Req() request: ByokRequest) {
    const seen: string[][] = [];
    for (const user of ['alice', undefined, 'bob', 'alice']) {
      hidden.getStore()!.user = user;
      seen.push(await this.byok.listProviders(request));
    }
    return { seen };
  }
}

describe.each(PLATFORMS.flatMap((platform) => [[platform, 'at once'] as const, [platform, 'later'] as const]))(
  'resolveUser on %s, answering %s',
  (platform, when) => {
    let database: TestDatabase;
    let app: EdgeApp;
    let asked: number;

    const start = (options: Partial<ByokModuleOptions> = {}, more: EdgeSetup = {}) =>
      startEdge({
        platform,
        options: {
          db: database.url,
          rateLimit: { perOwner: 1000, perAddress: 1000 },
          audit: true,
          resolveUser: (request) => {
            asked++;
            const user = userOf(request as ByokRequest & SignedIn);
            return when === 'at once' ? user : turn().then(() => user);
          },
          ...options,
        },
        controllers: [Work],
        ...more,
      });
    const userOf = ({ headers, session }: ByokRequest & SignedIn) =>
      (headers['x-program'] ?? session?.['user']) as string | undefined;

    beforeAll(async () => {
      database = await createDatabase();
      app = await start();
    });
    beforeEach(() => {
      asked = 0;
    });
    afterEach(async () => {
      await database.query('DELETE FROM user_api_keys');
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
    });

    async function count(work: () => PromiseLike<{ status: number }>, status: number) {
      asked = 0;
      expect((await work()).status).toBe(status);
      return asked;
    }

    it('is asked once for a page, a form and a call of the JSON API', async () => {
      const agent = await app.browser('alice');
      const page = await agent.get('/byok');
      const token = /name="_csrf" value="([^"]+)"/.exec(page.text)![1];
      const form = { _csrf: token, api_key: KEY };
      expect(await count(() => agent.get('/byok'), 200)).toBe(1);
      expect(await count(() => agent.get('/byok/clear'), 200)).toBe(1);
      expect(await count(() => agent.post('/byok/keys/openai').type('form').send(form), 303)).toBe(1);
      const bad = { ...form, api_key: '' };
      expect(await count(() => agent.post('/byok/keys/openai').type('form').send(bad), 303)).toBe(1);
      expect(await count(() => agent.post('/byok/keys/openai').type('form').send({ api_key: KEY }), 403)).toBe(1);
      expect(await count(() => agent.put('/byok/api/keys/mistral').send({ apiKey: KEY }), 200)).toBe(1);
      expect(await count(() => agent.get('/byok/api/keys'), 200)).toBe(1);
      expect(await count(() => agent.delete('/byok/api/keys/mistral'), 204)).toBe(1);
      expect(await count(() => agent.delete('/byok/api/keys/mistral'), 404)).toBe(1);
      const program = app.client().set('X-Program', 'alice');
      expect(await count(() => program.put('/byok/api/keys/mistral').send({ apiKey: KEY }), 200)).toBe(1);
    });

    it('is asked once for a guarded request, let through or denied, and for the page that asks for a key', async () => {
      const agent = await app.browser('alice');
      expect(await count(() => agent.get('/work/guarded'), 403)).toBe(1);
      expect(await count(() => agent.get('/work/guarded').set('Accept', 'text/html'), 403)).toBe(1);
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      expect(await count(() => agent.get('/work/guarded'), 200)).toBe(1);
      // The application's own code ran between these two.
      expect(await count(() => agent.get('/work/twice'), 200)).toBe(2);
    });

    it('is asked once for many providers of one import', async () => {
      process.env['BYOK_TEST_A'] = process.env['BYOK_TEST_B'] = KEY;
      try {
        const request = { headers: { 'x-program': 'alice' } };
        const done = await app.byok.importFromEnv(request, ['a', 'b'], { prefix: 'BYOK_TEST_' });
        expect([done, asked]).toEqual([{ a: true, b: true }, 1]);
      } finally {
        delete process.env['BYOK_TEST_A'];
        delete process.env['BYOK_TEST_B'];
      }
    });

    it('is asked again after somebody has signed in within a request', async () => {
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      const agent = await app.browser();
      await agent.put('/byok/api/keys/mistral').send({ apiKey: KEY }).expect(200);
      const { body } = await agent.post('/work/sign-in').expect(201);
      expect(body).toEqual({ before: ['mistral'], after: ['openai'] });
      const visitor = await app.browser();
      await visitor.put('/byok/api/keys/cohere').send({ apiKey: KEY }).expect(200);
      expect((await visitor.post('/work/adopt').expect(201)).body).toEqual({ moved: 1 });
      expect(await app.byok.listProviders({ userId: 'adopter' })).toEqual(['cohere']);
    });

    it('notices users that no request shows', async () => {
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      await app.byok.setKey({ userId: 'bob' }, 'mistral', KEY);
      @Injectable()
      class Hide implements NestInterceptor {
        intercept(_: ExecutionContext, next: CallHandler) {
          return hidden.run({ user: undefined }, () => next.handle());
        }
      }
      const other = await start(
        { resolveUser: () => hidden.getStore()?.user },
        {
          configure: (nest) =>
            nest.use((_: unknown, __: unknown, next: () => void) => hidden.run({ user: undefined }, next)),
          providers: [{ provide: APP_INTERCEPTOR, useClass: Hide }],
        },
      );
      try {
        const { body } = await (await other.browser()).get('/work/hidden').expect(200);
        expect(body).toEqual({ seen: [['openai'], [], ['mistral'], ['openai']] });
      } finally {
        await other.close();
      }
    });

    it("is asked again after the application's guards of the pages", async () => {
      class SignsIn implements CanActivate {
        canActivate(context: ExecutionContext) {
          context.switchToHttp().getRequest<SignedIn>().session['user'] = 'alice';
          return true;
        }
      }
      const other = await start({ dashboard: { guards: [SignsIn] } });
      try {
        await other.byok.setKey({ userId: 'alice' }, 'openai', KEY);
        const { text } = await (await other.browser()).get('/byok').expect(200);
        expect(text).toContain('…1f9c');
      } finally {
        await other.close();
      }
    });

    it('holds up its own request alone where it never answers', async () => {
      const never = new Promise<string>(() => undefined);
      const other = await start({
        resolveUser: ({ headers }) => (headers['x-program'] === 'hung' ? never : (headers['x-program'] as string)),
      });
      try {
        await other.byok.setKey({ userId: 'alice' }, 'openai', KEY);
        const hung = Array.from({ length: 30 }, () => {
          const gone = new AbortController();
          const answer = fetch(`${other.url}/work/guarded`, { headers: { 'x-program': 'hung' }, signal: gone.signal });
          return { gone, answer: answer.catch((error: Error) => error.name) };
        });
        const fine = other.client().set('X-Program', 'alice');
        expect((await fine.get('/work/guarded').expect(200)).body).toEqual({ key: KEY });
        for (const { gone } of hung) gone.abort();
        expect(await Promise.all(hung.map(({ answer }) => answer))).toEqual(hung.map(() => 'AbortError'));
        await fine.get('/work/guarded').expect(200);
      } finally {
        await other.close();
      }
    });
  },
);
