import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  byokPartitionMigrations,
  type ByokEvent,
  type ByokModuleOptions,
  createByokMigrations,
} from '../../lib/index.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

const HOUR = 3_600_000;
const NOTICES = { expiringWithin: 24 * HOUR, unusedFor: 48 * HOUR };

describe('Notices', () => {
  let database: TestDatabase;
  let apps: EdgeApp[];
  let events: ByokEvent[];

  beforeEach(async () => {
    [apps, events] = [[], []];
    database = await createDatabase();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(options: Partial<ByokModuleOptions> = {}): Promise<EdgeApp> {
    const cleanup = { sweepEvery: 40 };
    const onEvent = (event: ByokEvent) => void (/expiring|unused/.test(event.type) && events.push(event));
    const app = await startEdge({ options: { db: database.url, notices: NOTICES, cleanup, onEvent, ...options } });
    apps.push(app);
    return app;
  }
  const told = () => events.map(({ type, owner }) => `${owner.id} ${type}`).sort();
  const set = (where: string, what: string) => database.query(`UPDATE user_api_keys SET ${what} WHERE ${where}`);
  const soon = (hours: number) => ({ expiresAt: new Date(Date.now() + hours * HOUR) });
  /** Two whole rounds from now: a key that sorts last is noticed in the second. */
  let rounds = 0;
  const rest = async () => {
    for (let round = 0; round < 2; round++) {
      const userId = `zz-${rounds++}`;
      await apps[0].byok.setKey({ userId }, 'openai', KEY, soon(1));
      await until(() => told().includes(`${userId} expiring`));
    }
    events = events.filter(({ owner }) => !owner.id.startsWith('zz-'));
  };

  it('once for each key that expires soon, and again when the key or its expiry changed', async () => {
    const { byok } = await start({ audit: true });
    await byok.setKey({ userId: 'soon' }, 'openai', KEY, soon(10));
    await byok.setKey({ userId: 'later' }, 'openai', KEY, soon(100));
    await byok.setKey({ userId: 'never' }, 'openai', KEY);
    await byok.setKey({ userId: 'gone' }, 'openai', KEY);
    await set(`owner_id = 'gone'`, `expires_at = now()`);
    await rest();
    expect(told()).toEqual(['soon expiring']);
    expect(events[0]).toMatchObject({ source: 'database', provider: 'openai', label: 'default' });
    expect((await byok.auditTrail({ userId: 'soon' })).map(({ action }) => action)).toContain('expiring');
    await byok.updateKey({ userId: 'soon' }, 'openai', soon(12));
    await rest();
    await byok.setKey({ userId: 'soon' }, 'openai', KEY, soon(12));
    await rest();
    await byok.updateKey({ userId: 'soon' }, 'openai', soon(400));
    await rest();
    expect(told()).toEqual(['soon expiring', 'soon expiring', 'soon expiring']);
  });

  it('once for each key that nobody uses, and again after it was used', async () => {
    const { byok } = await start();
    for (const userId of ['stale', 'fresh', 'expired']) await byok.setKey({ userId }, 'openai', KEY);
    await database.query(`UPDATE user_api_keys SET created_at = now() - interval '90 days', updated_at = now() - interval '80 days',
      last_used_at = now() - CASE owner_id WHEN 'fresh' THEN interval '1 hour' ELSE interval '60 days' END,
      expires_at = CASE owner_id WHEN 'expired' THEN now() - interval '1 hour' END`);
    await rest();
    expect(told()).toEqual(['stale unused']);
    // Used since, and then not for long.
    await set(`owner_id = 'stale'`, `last_used_at = now(), unused_noticed_at = now() - interval '50 hours'`);
    await rest();
    await set(`owner_id = 'stale'`, `last_used_at = now() - interval '49 hours'`);
    await rest();
    expect(told()).toEqual(['stale unused', 'stale unused']);
  });

  it('again for a nearer threshold', async () => {
    const first = await start({ notices: { expiringWithin: 200 * HOUR } });
    await first.byok.setKey({ userId: 'a' }, 'openai', KEY, soon(100));
    await until(() => told().length === 1);
    await start({ notices: { expiringWithin: 20 * HOUR } });
    await rest();
    expect(told()).toEqual(['a expiring']);
    // Time goes on: what was noticed was noticed long before.
    await set(
      `owner_id = 'a'`,
      `expires_at = now() + interval '10 hours', expiring_noticed_at = now() - interval '90 hours', updated_at = now() - interval '95 hours'`,
    );
    await until(() => told().length >= 2);
    await rest();
    expect(told()).toEqual(['a expiring', 'a expiring']);
  });

  it.each([false, true])('exactly once across three instances; partitions: %s', async (isSplit) => {
    const first = await start({ notices: null, cleanup: { sweepEvery: null } });
    await first.byok.setKey({ userId: 'model' }, 'openai', KEY, soon(10));
    if (isSplit) await split();
    await database.query(
      `INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, expires_at, updated_at)
       SELECT owner_kind, 'user-' || n, provider, label, key_id, ciphertext, hint, fingerprint, expires_at, now() - interval '80 days'
       FROM user_api_keys, generate_series(1, 4000) n`,
    );
    await Promise.all([start(), start(), start()]);
    await until(() => events.length >= 8_001);
    await rest();
    expect(events).toHaveLength(8_001);
    expect(new Set(told()).size).toBe(8_001);
  });

  it('never twice, also if an instance ends in between', async () => {
    const { byok } = await start();
    for (let n = 0; n < 40; n++) await byok.setKey({ userId: `user-${n}` }, 'openai', KEY, soon(10));
    const short = await start();
    await until(() => events.length > 0);
    await short.close();
    apps = apps.filter((app) => app !== short);
    await start();
    await until(() => events.length >= 40);
    await rest();
    expect(told()).toHaveLength(40);
    expect(new Set(told()).size).toBe(40);
  });

  it('goes on after the database was gone, and says so', async () => {
    const lines: string[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { byok } = await start();
    await database.query('ALTER TABLE user_api_keys RENAME TO gone');
    await until(() => lines.some((line) => line.startsWith('Looking for keys that expire soon')));
    await database.query('ALTER TABLE gone RENAME TO user_api_keys');
    await byok.setKey({ userId: 'a' }, 'openai', KEY, soon(1));
    await until(() => told().includes('a expiring'));
  });

  it('none without the option, and none of what an option leaves out', async () => {
    const { byok } = await start({ notices: { unusedFor: HOUR } });
    await byok.setKey({ userId: 'a' }, 'openai', KEY, soon(1));
    await set('true', `updated_at = now() - interval '2 hours'`);
    await until(() => events.length > 0);
    expect(told()).toEqual(['a unused']);
  });

  async function split(): Promise<void> {
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      migrationsTableName: 'byok_migrations',
      migrations: [...createByokMigrations('user_api_keys'), ...byokPartitionMigrations({ parts: 8 })],
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    await dataSource.destroy();
  }
});
