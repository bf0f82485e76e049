import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByokService, StoredKey } from '../../lib/index.js';
import { type ByokApp, SECRET, startByok } from '../support/byok-app.js';
import { type Instance, startInstance } from '../support/instances.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const ALICE = { userId: 'alice' };

describe('The time a key was last used', () => {
  let database: TestDatabase;
  let started: ByokApp[];
  let instances: Instance[];

  beforeEach(async () => {
    Logger.overrideLogger(false);
    started = [];
    instances = [];
    database = await createDatabase();
  });
  afterEach(async () => {
    await Promise.all([...started.map(({ close }) => close()), ...instances.map((instance) => instance.stop())]);
    await database.drop();
  });

  async function start(): Promise<ByokService> {
    started.push(await startByok({ db: database.url }));
    return started.at(-1)!.byok;
  }

  /** By the clock of the database. */
  const used = async (provider = 'openai'): Promise<{ ago: number | null; writes: number }> => {
    const sql = `SELECT extract(epoch FROM now() - last_used_at)::float8 AS ago FROM user_api_keys WHERE provider = $1`;
    const [{ ago }] = await database.query(sql, [provider]);
    const [{ writes }] = await database.query(
      `SELECT pg_stat_force_next_flush(), n_tup_upd::int AS writes FROM pg_stat_user_tables WHERE relname = 'user_api_keys'`,
    );
    return { ago, writes };
  };

  it('is written a few seconds later, once for many uses', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', 'test-key-alice-0123456789');
    await byok.setKey(ALICE, 'anthropic', 'test-key-alice-0123456789');
    const firstUse = Date.now();
    for (let i = 0; i < 50; i++) await byok.getKey(ALICE, 'openai');
    const lastUse = Date.now();
    const early = await used();
    // On a busy machine the uses alone may take so long that the write has come.
    if (Date.now() - firstUse < 4_000) expect(early).toEqual({ ago: null, writes: 0 });
    while ((await used()).ago === null) await sleep(100);
    const asked = Date.now();
    const { ago } = await used();
    expect(asked - firstUse).toBeGreaterThan(4_000);
    expect(ago).toBeGreaterThan((asked - lastUse) / 1000 - 0.1);
    expect(ago).toBeLessThan((Date.now() - firstUse) / 1000 + 0.1);
    expect(await used('anthropic')).toMatchObject({ ago: null });
    const [stored] = (await byok.listKeys(ALICE)).filter(({ provider }) => provider === 'openai');
    expect(stored.lastUsedAt).toBeInstanceOf(Date);
    expect(stored.updatedAt).toEqual(stored.createdAt);
    await started.pop()!.close();
    expect((await used()).writes).toBe(1);
  });

  it('is written at most once in ten minutes', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', 'test-key-alice-0123456789');
    const use = async (service: ByokService, age: string) => {
      await database.query(
        `UPDATE user_api_keys SET last_used_at = now() - $1::interval, updated_at = now() - $1::interval`,
        [age],
      );
      await service.getKey(ALICE, 'openai');
      await started.pop()!.close();
      return (await used()).ago;
    };
    expect(await use(byok, '9 minutes')).toBeGreaterThan(500);
    expect(await use(await start(), '11 minutes')).toBeLessThan(400);
  });

  it('is not moved by looking, nor by what is not there', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', 'test-key-alice-0123456789');
    await byok.hasKey(ALICE, 'openai');
    await byok.listKeys(ALICE);
    await byok.getKey(ALICE, 'anthropic');
    await started.pop()!.close();
    expect(await used()).toMatchObject({ ago: null });
  });

  it('is written at the shutdown', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', 'test-key-alice-0123456789');
    await byok.getKey(ALICE, 'openai');
    await started.pop()!.close();
    expect((await used()).ago).toBeLessThan(60);
  });

  it('is not that of the key which was there before', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', 'test-key-alice-0123456789');
    await byok.getKey(ALICE, 'openai');
    await sleep(20);
    await byok.setKey(ALICE, 'openai', 'test-key-alice-9876543210');
    await started.pop()!.close();
    expect(await used()).toMatchObject({ ago: null });
  });

  it('is not lost while the database is away', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', 'test-key-alice-0123456789');
    await byok.getKey(ALICE, 'openai');
    await database.query('ALTER TABLE user_api_keys RENAME TO away');
    await sleep(5_600);
    await database.query('ALTER TABLE away RENAME TO user_api_keys');
    await started.pop()!.close();
    expect((await used()).ago).toBeGreaterThan(5);
  });

  it('is given up if it cannot be written at the shutdown', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', 'test-key-alice-0123456789');
    await byok.getKey(ALICE, 'openai');
    await database.query('ALTER TABLE user_api_keys RENAME TO away');
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    try {
      await started.pop()!.close();
      const logged = errors.mock.calls.length;
      expect(logged).toBeGreaterThan(0);
      await sleep(5_600);
      expect(errors.mock.calls.length).toBe(logged);
    } finally {
      errors.mockRestore();
      await database.query('ALTER TABLE away RENAME TO user_api_keys');
    }
  });

  it('never moves backwards, whatever the clocks of the instances say', async () => {
    const options = { secret: SECRET, db: database.url };
    instances = await Promise.all([-10, 10].map((minutes) => startInstance(options, { shift: minutes * 60_000 })));
    const [slow, fast] = instances;
    await slow.call<StoredKey>('setKey', ALICE, 'openai', 'test-key-alice-0123456789');
    await slow.call('getKey', ALICE, 'openai');
    await sleep(300);
    await fast.call('getKey', ALICE, 'openai');
    // The later use is written first.
    await instances.pop()!.stop();
    const { ago } = await used();
    expect(ago).toBeGreaterThanOrEqual(0);
    const [{ at: before }] = await database.query('SELECT last_used_at AS at FROM user_api_keys');
    await instances.pop()!.stop();
    const [{ at: after }] = await database.query('SELECT last_used_at AS at FROM user_api_keys');
    expect(after).toEqual(before);
  });
});
