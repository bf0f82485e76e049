import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import { createClient } from 'redis';
import { MemoryLimiter } from '../../lib/http/security/memory-limiter.js';
import { rateLimitKey } from '../../lib/http/security/rate-limit-key.js';
import type { ByokModuleOptions, RateLimiterLike } from '../../lib/index.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { findRedis, startRedis, type TestRedis } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

type Store = NonNullable<Exclude<ByokModuleOptions['rateLimit'], false | undefined>['store']>;

const put = ({ url }: EdgeApp, user: string, headers = {}) =>
  fetch(`${url}/byok/api/keys/openai`, {
    method: 'PUT',
    headers: { 'x-test-user': user, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ apiKey: KEY }),
  });

/** Two instances of an application that share a count, or that do not. */
async function twoInstances(
  store?: Store,
  made: Promise<unknown>[] = [],
): Promise<{ statuses: number[]; waits: number[]; reads: number[] }> {
  const options = { rateLimit: { perOwner: 6, windowMs: 60_000, store } };
  // One after the other: at once, both would make the table of the limiter.
  const instances: EdgeApp[] = [];
  for (let i = 0; i < 2; i++) {
    instances.push(await startEdge({ options }));
    await Promise.all(made);
  }
  try {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => put(instances[i % 2], 'alice')));
    const reads = await Promise.all(
      instances.map(({ url }) => fetch(`${url}/byok/api/keys`, { headers: { 'x-test-user': 'alice' } })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    return {
      statuses: answers.map(({ status }) => status).sort(),
      waits: refused.map(({ headers }) => Number(headers.get('retry-after'))),
      reads: reads.map(({ status }) => status),
    };
  } finally {
    for (const instance of instances) await instance.close();
  }
}

function expectSixOfTwenty({ statuses, waits, reads }: Awaited<ReturnType<typeof twoInstances>>): void {
  expect(statuses).toEqual([...Array<number>(6).fill(200), ...Array<number>(14).fill(429)]);
  for (const wait of waits) {
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
  }
  expect(reads).toEqual([200, 200]);
}

describe('Two instances', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  it('count for themselves without a store', async () => {
    expect((await twoInstances()).statuses.filter((status) => status === 200)).toHaveLength(12);
  });

  /** One limiter each, as two processes have: what is shared is in the table. */
  const postgresStore =
    (pool: pg.Pool, made: Promise<unknown>[]): Store =>
    ({ name, points, windowMs }) => {
      const options = { storeClient: pool, keyPrefix: name, tableName: `limits_${name.replace('-', '_')}` };
      let limiter!: RateLimiterLike;
      made.push(
        new Promise<void>((resolve, reject) => {
          limiter = new RateLimiterPostgres({ ...options, points, duration: windowMs / 1000 }, (error?: Error) =>
            error ? reject(error) : resolve(),
          );
        }),
      );
      return limiter;
    };

  it('share a count in Postgres; while that cannot be reached nothing is written', async () => {
    const { proxy, url } = await TcpProxy.inFrontOf(database.url);
    const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 60_000, allowExitOnIdle: true });
    pool.on('error', () => undefined);
    const made: Promise<unknown>[] = [];
    const store = postgresStore(pool, made);
    expectSixOfTwenty(await twoInstances(store, made));
    expect(await database.query('SELECT key FROM limits_byok_owner')).toEqual([{ key: 'byok-owner:user:alice' }]);
    expect(await database.query('SELECT key FROM limits_byok_address')).toEqual([{ key: 'byok-address:127.0.0.1' }]);
    const app = await startEdge({ options: { rateLimit: { store } } });
    await Promise.all(made);
    try {
      expect((await put(app, 'bob')).status).toBe(200);
      await proxy.close();
      const refused = await put(app, 'bob');
      expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'BYOK_UNAVAILABLE' }]);
      expect((await fetch(`${app.url}/byok/api/keys`, { headers: { 'x-test-user': 'bob' } })).status).toBe(200);
    } finally {
      await app.close();
      await pool.end();
    }
  });

  const redis = findRedis();
  if (!redis) process.stdout.write('The limit of writes in Redis was not tested: there is no redis-server here.\n');
  (redis ? it : it.skip)('share a count in Redis; while that is away nothing is written', async () => {
    const server: TestRedis = await startRedis(redis!);
    const client = createClient({ url: server.url, disableOfflineQueue: true, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    await client.connect();
    const store: Store = ({ name, points, windowMs }) =>
      new RateLimiterRedis({
        storeClient: client,
        keyPrefix: name,
        points,
        duration: windowMs / 1000,
        useRedisPackage: true,
      });
    const app = await startEdge({ options: { rateLimit: { store } } });
    try {
      expectSixOfTwenty(await twoInstances(store));
      expect((await client.keys('*')).sort()).toEqual(['byok-address:127.0.0.1', 'byok-owner:user:alice']);
      expect((await put(app, 'bob')).status).toBe(200);
      await server.kill();
      expect((await put(app, 'bob')).status).toBe(503);
    } finally {
      client.destroy();
      await app.close();
      await server.kill();
    }
  });
});

describe('The count in the process', () => {
  const limit = { name: 'test', points: 2, windowMs: 60_000 };
  const isRefused = (work: Promise<unknown>) =>
    work.then(
      () => false,
      () => true,
    );

  it('is of so many keys and no more; who is busy is not forgotten', async () => {
    const limiter = new MemoryLimiter(limit, 1_000);
    for (let i = 0; i < 3; i++) await isRefused(limiter.consume('busy'));
    for (let i = 0; i < 20_000; i++) {
      await limiter.consume(`address-${i}`);
      if (i % 500 === 0) expect(await isRefused(limiter.consume('busy'))).toBe(true);
    }
    expect(limiter.size).toBe(1_000);
    // Twice is allowed: who was forgotten has both again, who was not has one.
    const twiceMore = async (key: string) => [
      await isRefused(limiter.consume(key)),
      await isRefused(limiter.consume(key)),
    ];
    expect(await twiceMore('address-0')).toEqual([false, false]);
    expect(await twiceMore('address-19999')).toEqual([false, true]);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['::1', '::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['1::', '1::/64'],
    ['64:ff9b::cb00:7107', '203.0.113.7'],
    ['64:ff9b:1::cb00:7107', '64:ff9b:1::/64'],
    ['127.1', '127.1'],
    ['not an address', 'not an address'],
    [undefined, 'unknown'],
  ])('of %s is of %s', (address, key) => {
    expect(rateLimitKey(address)).toBe(key);
  });

  it('is one for a customer’s whole network of IPv6 addresses', async () => {
    const app = await startEdge({
      options: { rateLimit: { perAddress: 3, perOwner: 100 } },
      trust: 'loopback',
    });
    try {
      const from = async (address: string, i: number) =>
        (await put(app, `user-${i}`, { 'x-forwarded-for': address })).status;
      const statuses = [];
      for (let i = 0; i < 6; i++) statuses.push(await from(`2001:db8:1:2:${i}::${i}`, i));
      expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
      expect(await from('2001:db8:1:3::1', 7)).toBe(200);
    } finally {
      await app.close();
    }
  });
});
