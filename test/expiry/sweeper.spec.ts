import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExpiredKeyCleanup } from '../../lib/expiry/expired-key-cleanup.js';
import type { ByokEvent, ByokModuleOptions } from '../../lib/index.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

const EVERY = 50;
describe('The sweeper', () => {
  let database: TestDatabase;
  let apps: EdgeApp[];

  beforeEach(async () => {
    apps = [];
    database = await createDatabase();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(options: Partial<ByokModuleOptions> = {}): Promise<EdgeApp> {
    const app = await startEdge({ options: { db: database.url, cleanup: { sweepEvery: EVERY }, ...options } });
    apps.push(app);
    return app;
  }

  const providers = async () =>
    (await database.query('SELECT provider FROM user_api_keys ORDER BY 1')).map((row) => row.provider as string);
  const rows = async () => (await database.query('SELECT count(*)::int AS n FROM user_api_keys'))[0].n as number;
  const expire = (where: string) =>
    database.query(`UPDATE user_api_keys SET expires_at = now() - interval '1 millisecond' WHERE ${where}`);

  it("removes everybody's expired keys, and tells of each", async () => {
    const events: ByokEvent[] = [];
    const { byok } = await start({ onEvent: (event) => void events.push(event) });
    for (const userId of ['alice', 'bob']) {
      for (const provider of ['kept', 'old']) await byok.setKey({ userId }, provider, KEY);
    }
    await sleep(3 * EVERY);
    expect(await providers()).toEqual(['kept', 'kept', 'old', 'old']);
    await expire(`provider = 'old'`);
    await until(async () => (await providers()).length === 2);
    expect(await providers()).toEqual(['kept', 'kept']);
    const expired = events.filter(({ type }) => type === 'expired');
    expect(expired.map(({ owner, provider }) => `${owner.id}/${provider}`).sort()).toEqual(['alice/old', 'bob/old']);
  });

  it('rests between batches, and ends with the application', async () => {
    const { byok, close } = await start();
    await byok.setKey({ userId: 'alice' }, 'old', KEY);
    await database.query(
      `INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, expires_at)
       SELECT owner_kind, 'user-' || n, provider, label, key_id, ciphertext, hint, fingerprint, now()
       FROM user_api_keys, generate_series(1, 50000) n`,
    );
    await until(async () => (await rows()) < 50_000);
    await close();
    const left = await rows();
    expect(left).toBeGreaterThan(1_000);
    await sleep(3 * EVERY);
    expect(await rows()).toBe(left);
  });

  it('works in batches, and goes past rows that another connection has locked', async () => {
    const { byok } = await start();
    await byok.setKey({ userId: 'alice' }, 'old', KEY);
    await database.query(
      `INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, created_at, updated_at)
       SELECT owner_kind, 'user-' || n, provider, label, key_id, ciphertext, hint, fingerprint, created_at, updated_at
       FROM user_api_keys, generate_series(1, 2500) n`,
    );
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    try {
      const locked = `owner_id IN ('alice', 'user-7')`;
      // No sweep until they are locked. They expire before all the others: a sweep that waits for them gets nowhere.
      await holder.query(`SELECT pg_advisory_lock(hashtextextended('user_api_keys', 7267003))`);
      await expire(locked);
      await holder.query('BEGIN');
      await holder.query(`SELECT 1 FROM user_api_keys WHERE ${locked} FOR UPDATE`);
      await holder.query('SELECT pg_advisory_unlock_all()');
      await expire(`NOT ${locked}`);
      await until(async () => (await providers()).length === 2);
      await sleep(3 * EVERY);
      expect(await providers()).toHaveLength(2);
      await holder.query('COMMIT');
      await until(async () => (await providers()).length === 0);
    } finally {
      await holder.end();
    }
  });

  it('comes every 15 minutes unless told otherwise, never for null, and not for sessions', async () => {
    const timers = jest.spyOn(globalThis, 'setInterval');
    const delays = () => timers.mock.calls.map(([, delay]) => delay).filter((delay) => Number(delay) >= 100_000);
    await start({ cleanup: {} });
    expect(delays()).toEqual([15 * 60_000]);
    await start({ cleanup: { sweepEvery: 123_456 } });
    expect(delays()).toEqual([15 * 60_000, 123_456]);
    await start({ cleanup: { sweepEvery: null } });
    await start({ storage: 'session' });
    expect(delays()).toHaveLength(2);
  });

  it('stops with the application, after what it is doing', async () => {
    const app = await start();
    let sweeps = 0;
    let done = 0;
    jest.spyOn(app.nest.get(ExpiredKeyCleanup), 'everywhere').mockImplementation(async () => {
      sweeps++;
      await sleep(3 * EVERY);
      return done++;
    });
    await until(() => sweeps > 0);
    await app.close();
    expect([sweeps, done]).toEqual([1, 1]);
    await sleep(3 * EVERY);
    expect([sweeps, done]).toEqual([1, 1]);
  });

  it('survives a failure, says so without what went wrong, and goes on', async () => {
    const app = await start();
    let sweeps = 0;
    jest.spyOn(app.nest.get(ExpiredKeyCleanup), 'everywhere').mockImplementation(async () => {
      sweeps++;
      throw new Error(`a message of the test with ${KEY}`);
    });
    await until(() => sweeps > 2);
    expect(app.log.filter((line) => line.includes('The sweep failed')).length).toBeGreaterThan(1);
    expect(app.log.join()).not.toContain(KEY);
  });
});
