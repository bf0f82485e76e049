import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SealedKey, type TypeOrmKeyStorage } from '../../lib/entries/storage.js';
import { StorageError } from '../../lib/index.js';
import { startStopwatch } from '../support/lost-time.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { collect, makeRecord, openDatabaseStorage } from '../support/storage.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const OPENAI = { provider: 'openai', label: 'default' };
const ALICE = { source: 'database' as const, owner: { kind: 'user' as const, id: 'alice' } };
/** Milliseconds within which a caller must be told that the database does not answer. */
const TOLD_WITHIN = 5_000;

interface Outcome {
  ms: number;
  error: unknown;
}

/** How long a call took and how it ended. */
async function outcome(call: () => Promise<unknown>): Promise<Outcome> {
  const stop = startStopwatch();
  const error: unknown = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { ms: stop(), error };
}

describe('A database that falls silent', () => {
  let database: TestDatabase;
  let pools: Pool[];
  const record = makeRecord('openai');

  interface Pool {
    proxy: TcpProxy;
    storage: TypeOrmKeyStorage;
    read: () => Promise<(SealedKey | null)[]>;
    /** Connections on which no statement is. */
    idle: () => number;
    close: () => Promise<void>;
  }

  async function openPool(extra: object): Promise<Pool> {
    const { proxy, url } = await TcpProxy.inFrontOf(database.url);
    const db = { type: 'postgres', url, extra } as const;
    const { storage, connection, close } = await openDatabaseStorage(database, { db });
    const { master } = (await connection.ready()).driver as unknown as { master: { idleCount: number } };
    return { proxy, storage, read: () => storage.read(ALICE, [OPENAI]), idle: () => master.idleCount, close };
  }

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createDatabase();
    // As the module sets it, and that of an application which sets no limits.
    const unlimited = { connectionTimeoutMillis: 0, query_timeout: 0, statement_timeout: 0 };
    pools = [await openPool({}), await openPool(unlimited)];
    await pools[0].storage.put(ALICE, record, 50);
  });
  afterAll(async () => {
    for (const { proxy, close } of pools) {
      proxy.thaw();
      await close();
      await proxy.close();
    }
    await database.drop();
  });

  const onEachPool = (check: (pool: Pool) => Promise<void>) => Promise.all(pools.map(check));

  it('on some connections lets later reads pass on others', () =>
    onEachPool(async ({ proxy, storage, read, idle }) => {
      // Three connections in the pool: one for each statement that is to hang.
      await Promise.all(Array.from({ length: 3 }, () => storage.list(ALICE)));
      expect(proxy.connections).toHaveLength(3);
      for (const connection of proxy.connections) connection.freeze();
      const hanging: Promise<Outcome>[] = [];
      for (const left of [2, 1, 0]) {
        hanging.push(outcome(read));
        // Reads that wait for a place would travel together.
        await until(() => idle() === left);
      }
      const later = await Promise.all(Array.from({ length: 5 }, () => outcome(read)));
      expect(later.map(({ error }) => error)).toEqual(Array(5).fill(undefined));
      expect(Math.max(...later.map(({ ms }) => ms))).toBeLessThan(2_000);
      for (const { ms, error } of await Promise.all(hanging)) {
        expect(error).toBeInstanceOf(StorageError);
        expect(ms).toBeLessThan(TOLD_WITHIN);
      }
      proxy.thaw();
    }));

  it('is reported within five seconds, to every caller, and is used again as soon as it answers', () =>
    onEachPool(async ({ proxy, storage, read }) => {
      proxy.freeze();
      const calls = [
        () => storage.list(ALICE),
        () => storage.put(ALICE, record, 1),
        () => storage.delete(ALICE, { provider: 'anthropic', label: 'default' }),
        () => collect(storage.deleteAllExpired()),
      ].map(outcome);
      for (let i = 0; i < 20; i++) {
        calls.push(outcome(read));
        await sleep(100);
      }
      const outcomes = await Promise.all(calls);
      expect(outcomes.filter(({ error }) => !(error instanceof StorageError))).toEqual([]);
      expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThan(TOLD_WITHIN);

      proxy.thaw();
      const stop = startStopwatch();
      while ((await outcome(read)).error) await sleep(50);
      expect(stop()).toBeLessThan(TOLD_WITHIN);
      expect((await read())[0]?.ciphertext).toEqual(record.ciphertext);
    }));
});

describe('A pool whose connections the application holds', () => {
  const scopeOf = (id: string) => ({ source: 'database' as const, owner: { kind: 'user' as const, id } });

  /** What there is after writes that were told to have failed, once their connection is free. */
  async function leftAfter(write: (storage: TypeOrmKeyStorage, id: string) => Promise<unknown>): Promise<string[]> {
    const database = await createDatabase();
    const db = { type: 'postgres', url: database.url, poolSize: 1, extra: { connectionTimeoutMillis: 0 } } as const;
    const { storage, connection, close } = await openDatabaseStorage(database, { db });
    try {
      const runner = (await connection.ready()).createQueryRunner();
      await runner.connect();
      const set = connection.deadlines.set.bind(connection.deadlines);
      connection.deadlines.set = (_, onLate) => set(50, onLate);
      const { error } = await outcome(() => write(storage, 'told'));
      connection.deadlines.set = set;
      expect(error).toBeInstanceOf(StorageError);
      await runner.release();
      // Behind whatever waits for the connection.
      await storage.put(scopeOf('after'), makeRecord('openai'), 50);
      return (await database.query('SELECT owner_id AS id FROM user_api_keys ORDER BY 1')).map(
        ({ id }) => id as string,
      );
    } finally {
      await close();
      await database.drop();
    }
  }

  it('writes nothing once a caller was told that it could not, over what others have written meanwhile', async () => {
    const record = makeRecord('openai');
    expect(await leftAfter((storage, id) => storage.put(scopeOf(id), record, 50))).toEqual(['after']);
    expect(await leftAfter((storage, id) => storage.putIfAbsent(scopeOf(id), record, 50))).toEqual(['after']);
  });
});
