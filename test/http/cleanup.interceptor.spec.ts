import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Req, Res, UseInterceptors } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from 'supertest';
import {
  ApiKey,
  type ByokModuleOptions,
  type ByokRequest,
  ByokService,
  CleanupInterceptor,
  RequireApiKey,
} from '../../lib/index.js';
import { KeyStorage } from '../../lib/entries/storage.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

@Controller()
@UseInterceptors(CleanupInterceptor)
class Keys {
  constructor(private readonly byok: ByokService) {}

  @Get('has')
  async has(@Req() request: ByokRequest) {
    return { has: await this.byok.hasKey(request, 'openai') };
  }

  @Get('long')
  async long(@Req() request: ByokRequest, @Res() response: ServerResponse & { raw?: ServerResponse; hijack?(): void }) {
    await this.byok.hasKey(request, 'openai');
    // Past Fastify, as one does there with an answer that comes piece by piece.
    response.hijack?.();
    const { raw = response } = response;
    raw.write('first');
    setTimeout(() => raw.end('last'), 150);
  }

  @Get('nothing')
  nothing() {
    return {};
  }

  @Get('twice')
  @UseInterceptors(CleanupInterceptor)
  twice(@Req() request: ByokRequest) {
    return this.has(request);
  }

  @Get('failing')
  async failing(@Req() request: ByokRequest) {
    await this.byok.hasKey(request, 'openai');
    throw new Error('a handler failed');
  }
}

@Controller('guarded')
class Guarded {
  @Get()
  @RequireApiKey('openai')
  guarded(@ApiKey() apiKey: string) {
    return { length: apiKey.length };
  }

  @Get('none')
  @RequireApiKey('anthropic')
  none() {
    return {};
  }
}

interface User {
  agent: Agent;
  /** As our route lists them. */
  keys(): Promise<{ provider: string }[]>;
}

describe.each([
  ['session', 'express'],
  ['database', 'express'],
  ['hybrid', 'express'],
  ['hybrid', 'fastify'],
] as const)('CleanupInterceptor with %s storage on %s', (storage, platform) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let users = 0;
  let withExpired: User[];

  beforeAll(async () => {
    database = await createDatabase();
    app = await start();
    withExpired = await usersOf(app, 5, { expired: true });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  function start(options: Partial<ByokModuleOptions> = {}): Promise<EdgeApp> {
    const db = storage === 'session' ? undefined : database.url;
    return startEdge({
      platform,
      options: { storage, db, rateLimit: false, ...options },
      controllers: [Keys, Guarded],
    });
  }

  /** Users with a key, and with one that has expired. */
  async function usersOf(edge: EdgeApp, count: number, { expired = false, cleans = true } = {}): Promise<User[]> {
    const agents = await Promise.all(Array.from({ length: count }, () => edge.browser(`user-${++users}`)));
    const removed = removalsOf(edge);
    // Stored without a request to our routes: these use keys, and a minute would begin.
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() - 120_000);
    const put = (name: string, body: object) =>
      Promise.all(
        agents.map((agent) =>
          agent
            .put(`/byok/api/keys/${name}`)
            .send({ apiKey: KEY, ...body })
            .expect(200),
        ),
      );
    await put('openai', {});
    // Those after the first responses must not find the expired one.
    if (cleans) await until(() => removed.mock.calls.length >= count);
    await Promise.allSettled(removed.mock.results.map(({ value }) => value));
    if (expired) {
      // Stored an hour ago, for half an hour.
      const then = Date.now() - 60 * 60_000;
      jest.spyOn(Date, 'now').mockReturnValue(then);
      await put('old', { expiresAt: new Date(then + 30 * 60_000).toISOString() });
    }
    jest.restoreAllMocks();
    return agents.map((agent) => ({
      agent,
      keys: async () => (await agent.get('/byok/api/keys').expect(200)).body.keys,
    }));
  }

  const removalsOf = ({ nest }: EdgeApp) => jest.spyOn(nest.get<KeyStorage>(KeyStorage), 'deleteExpired');

  /** A user with a key of the application's. */
  async function newUser() {
    const [user] = await usersOf(app, 1);
    return { ...user, removed: removalsOf(app) };
  }

  /** Waits until that many removals have ended, and for a moment in which there could be more. */
  async function haveEnded(removed: ReturnType<typeof removalsOf>, count: number): Promise<void> {
    await until(() => removed.mock.calls.length >= count);
    await Promise.allSettled(removed.mock.results.map(({ value }) => value));
    await sleep(20);
    expect(removed).toHaveBeenCalledTimes(count);
  }

  it('removes what is expired of the caller after the response, and nothing else', async () => {
    const [other, { agent, keys }] = withExpired.splice(0, 2);
    const removed = removalsOf(app);
    await agent.get('/has').expect(200, { has: true });
    await haveEnded(removed, 1);
    expect((await keys()).map(({ provider }) => provider)).toEqual(['openai']);
    expect(await removed.mock.results[0].value).toMatchObject([{ provider: 'old' }]);
    expect((await other.keys()).map(({ provider }) => provider)).toEqual(['old', 'openai']);
  });

  it.each([
    ['a guarded route', '/guarded', 200],
    ['one that was refused', '/guarded/none', 403],
    ["one of the module's own", '/byok/api/keys', 200],
  ])('does so after %s, without being put there', async (_, path, status) => {
    const { agent, keys } = withExpired.pop()!;
    const removed = removalsOf(app);
    await agent.get(path).expect(status);
    await haveEnded(removed, 1);
    expect((await keys()).map(({ provider }) => provider)).toEqual(['openai']);
  });

  it('does so at most once a minute of an owner, wherever the interceptor is put', async () => {
    const { agent, removed } = await newUser();
    const start = performance.now();
    const at = (minutes: number) => jest.spyOn(performance, 'now').mockReturnValue(start + minutes * 60_000);
    for (const path of ['/has', '/twice', '/has', '/failing']) await agent.get(path);
    await haveEnded(removed, 1);
    at(0.9);
    await agent.get('/twice');
    await haveEnded(removed, 1);
    at(1.1);
    await agent.get('/twice');
    await agent.get('/has');
    await haveEnded(removed, 2);
  });

  it('waits for the end of a response that is sent piece by piece', async () => {
    const { agent, removed } = await newUser();
    let ended = Infinity;
    let cleaned = 0;
    removed.mockImplementation(async () => {
      cleaned = performance.now();
      return [];
    });
    await agent
      .get('/long')
      .buffer(true)
      .parse((response, done) => {
        response.on('data', () => undefined);
        response.on('end', () => {
          ended = performance.now();
          done(null, '');
        });
      });
    await haveEnded(removed, 1);
    expect(cleaned).toBeGreaterThan(ended - 20);
  });

  it('does nothing after requests that used no keys', async () => {
    const { agent, removed } = await newUser();
    await agent.get('/nothing').expect(200);
    await sleep(20);
    expect(removed).not.toHaveBeenCalled();
  });

  it('never fails a request, and says what it could not do', async () => {
    const { agent, removed } = await newUser();
    removed.mockRejectedValue(new Error(`a message of the test with ${KEY}`));
    app.log.length = 0;
    await agent.get('/has').expect(200, { has: true });
    await haveEnded(removed, 1);
    expect(app.log).toEqual([expect.stringContaining('Could not remove expired keys')]);
    expect(app.log.join()).not.toContain(KEY);
  });

  it('is off where the application says so; an expired key is not handed out all the same', async () => {
    const off = await start({ cleanup: { onRequest: false } });
    try {
      const [{ agent, keys }] = await usersOf(off, 1, { expired: true, cleans: false });
      const removed = removalsOf(off);
      await agent.get('/has').expect(200);
      await sleep(50);
      expect(removed).not.toHaveBeenCalled();
      expect(await keys()).toMatchObject([
        { provider: 'old', status: 'expired' },
        { provider: 'openai', status: 'active' },
      ]);
    } finally {
      await off.close();
    }
  });
});
