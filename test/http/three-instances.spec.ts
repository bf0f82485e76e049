import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { SECRET } from '../support/byok-app.js';
import { SAME_SITE } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { findRedis, startRedis, type TestRedis } from '../support/redis.js';
import { type RoundRobin, startRoundRobin } from '../support/round-robin.js';
import { until } from '../support/until.js';

const APP = fileURLToPath(new URL('../support/shared-app.mjs', import.meta.url));
const KEY = 'an-example-of-an-api-key-1f9c';
const ROUNDS = 30;
const SWEEP_EVERY = 100;

const redisServer = findRedis();
if (!redisServer) process.stdout.write('Sessions in Redis were not tested: there is no redis-server here.\n');

describe('Three instances behind a load balancer', () => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let children: ChildProcess[];
  let proxies: Record<string, RoundRobin>;
  const expired: { owner: string; by: number }[] = [];

  beforeAll(async () => {
    database = await createDatabase();
    // Made at a deployment, not by instances that start at once.
    await database.query(
      'CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)',
    );
    await database.query(
      'CREATE TABLE limits (key varchar PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint)',
    );
    redis = redisServer === undefined ? undefined : await startRedis(redisServer);
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      ...(redis && { REDIS_URL: redis.url }),
      BYOK_SECRET: SECRET,
      SWEEP_EVERY: String(SWEEP_EVERY),
    };
    children = Array.from({ length: 3 }, () => fork(APP, { env, execArgv: [] }));
    const ports = await Promise.all(children.map(portsOf));
    proxies = {};
    for (const store of Object.keys(ports[0])) {
      proxies[store] = await startRoundRobin(ports.map((each) => each[store]));
    }
  });
  afterAll(async () => {
    await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    await Promise.all(
      children.map(async (child) => {
        child.disconnect();
        await once(child, 'exit');
      }),
    );
    await redis?.kill();
    await database.drop();
  });

  function portsOf(child: ChildProcess): Promise<Record<string, number>> {
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`An instance ended with ${code}.`)));
      child.on('message', (message: { ports?: Record<string, number>; expired?: string }) => {
        if (message.ports) resolve(message.ports);
        else expired.push({ owner: message.expired!, by: child.pid! });
      });
    });
  }

  describe.each(['postgres', ...(redisServer ? ['redis'] : [])])('with sessions in %s', (store) => {
    /** A browser of a user of this store. */
    async function signIn(user: string, cookie = '') {
      const answer = await send(cookie, `/own/sign-in?user=${user}`, 'POST');
      expect(answer.status).toBe(200);
      return { cookie: cookieOf(answer), ...((await answer.json()) as { adopted: number; pid: number }) };
    }
    const send = (cookie: string, path: string, method = 'GET', body?: object) =>
      fetch(proxies[store].url + path, {
        method,
        headers: { ...SAME_SITE, cookie, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
      });
    const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0].split(';')[0];
    const chat = async (cookie: string) => {
      const answer = await send(cookie, '/chat');
      const body = (await answer.json()) as { apiKey?: string; pid?: number };
      return { status: answer.status, ...body };
    };
    const save = (cookie: string, key = KEY) => send(cookie, '/byok/api/keys/openai', 'PUT', { apiKey: key });

    it('a sign-in and a key that a visitor has brought are known to all of them', async () => {
      const saved = await save('');
      expect(saved.status).toBe(200);
      const visitor = cookieOf(saved);
      for (let i = 0; i < 3; i++) expect(await chat(visitor)).toMatchObject({ status: 200, apiKey: KEY });
      const { cookie, adopted } = await signIn(`alice-${store}`, visitor);
      expect(adopted).toBe(1);
      const answers = [];
      for (let i = 0; i < 9; i++) answers.push(await chat(cookie));
      expect(answers.map(({ apiKey }) => apiKey)).toEqual(Array(9).fill(KEY));
      expect(new Set(answers.map(({ pid }) => pid)).size).toBe(3);
      expect((await chat(visitor)).status).toBe(403);
    });

    it('what one has replaced or deleted is never handed out by another', async () => {
      const { cookie } = await signIn(`bob-${store}`);
      const other = await signIn(`carol-${store}`);
      await send(other.cookie, `/own?key=${KEY}`, 'PUT');
      let busy = true;
      let reads = 0;
      const readers = Array.from({ length: 2 }, async () => {
        for (; busy; reads++) expect((await chat(other.cookie)).apiKey).toBe(KEY);
      });
      let stale = 0;
      let elsewhere = 0;
      for (let i = 0; i < ROUNDS; i++) {
        const key = `${KEY}-${i}`;
        const written = (await (await send(cookie, `/own?key=${key}`, 'PUT')).json()) as { pid: number };
        // The readers may be in step with the balancer, so that it sends every other request to the same instance.
        for (let tries = 0, pid: number | undefined = written.pid; pid === written.pid && tries < 20; tries++) {
          const read = await chat(cookie);
          if (read.apiKey !== key) stale++;
          pid = read.pid;
          if (pid !== written.pid) elsewhere++;
        }
        if (i % 3 !== 0) continue;
        await send(cookie, '/own', 'DELETE');
        if ((await chat(cookie)).status !== 403) stale++;
      }
      busy = false;
      await Promise.all(readers);
      expect({ stale, reads: reads > 0 }).toEqual({ stale: 0, reads: true });
      expect(elsewhere).toBeGreaterThan(ROUNDS / 4);
    });

    it('the limit of writes is one for all', async () => {
      const { cookie } = await signIn(`dave-${store}`);
      const statuses = await Promise.all(Array.from({ length: 18 }, async () => (await save(cookie)).status));
      expect(statuses.sort()).toEqual([...Array<number>(6).fill(200), ...Array<number>(12).fill(429)]);
    });
  });

  it('of which one sweeps at a time, and tells once of every key that has expired', async () => {
    const sweeper = new pg.Client({ connectionString: database.url });
    await sweeper.connect();
    const left = async () =>
      (await database.query(`SELECT count(*)::int AS n FROM user_api_keys WHERE owner_id LIKE 'old-%'`))[0].n as number;
    try {
      // As one that is at it.
      await sweeper.query(`SELECT pg_advisory_lock(hashtextextended('user_api_keys', 7267003))`);
      await database.query(
        `INSERT INTO user_api_keys (owner_kind, owner_id, provider, key_id, ciphertext, hint, fingerprint, expires_at)
          SELECT 'user', 'old-' || n, 'openai', key_id, canary, '', '', now() FROM byok_keyring, generate_series(1, 2500) n`,
      );
      await sleep(4 * SWEEP_EVERY);
      expect(await left()).toBe(2_500);
      await sweeper.query('SELECT pg_advisory_unlock_all()');
      await until(async () => (await left()) === 0);
      await sleep(2 * SWEEP_EVERY);
    } finally {
      await sweeper.end();
    }
    const told = expired.map(({ owner }) => owner).filter((owner) => owner.startsWith('old-'));
    expect({ told: told.length, each: new Set(told).size }).toEqual({ told: 2_500, each: 2_500 });
  });
});
