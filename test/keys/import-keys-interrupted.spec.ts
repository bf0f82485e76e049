import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  byokPartitionMigrations,
  createByokMigrations,
  type ImportProgress,
  KeyImportError,
  type KeyToImport,
  StorageError,
} from '../../lib/index.js';
import { DataSource } from 'typeorm';
import { type ByokApp, SECRET, startByok } from '../support/byok-app.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

const item = (n: number, more: Partial<KeyToImport> = {}): KeyToImport => ({
  userId: `user-${String(n).padStart(6, '0')}`,
  provider: 'openai',
  apiKey: `an-example-key-of-${n}-1f9c`,
  ...more,
});
const items = (count: number, more?: Partial<KeyToImport>) => Array.from({ length: count }, (_, n) => item(n, more));

describe('An import', () => {
  let database: TestDatabase;
  let app: ByokApp;

  beforeEach(async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    database = await createDatabase();
    app = await startByok({ db: database.url });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await app.close();
    await database.drop();
  });
  const stored = async () => (await database.query('SELECT count(*)::int AS n FROM user_api_keys'))[0].n as number;

  it('reads no faster than it writes, in any length', async () => {
    let read = 0;
    let closed = false;
    async function* source() {
      try {
        for (; read < 20_000; read++) yield item(read);
      } finally {
        closed = true;
      }
    }
    await database.query(
      'CREATE FUNCTION stop() RETURNS trigger AS $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$ LANGUAGE plpgsql',
    );
    await database.query(
      'CREATE TRIGGER stop BEFORE INSERT ON user_api_keys FOR EACH STATEMENT EXECUTE FUNCTION stop()',
    );
    const holder = await hold(database, 7);
    const importing = app.byok.importKeys(source());
    await until(() => read >= 1_999);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ahead = read;
    await holder.release();
    expect(await importing).toEqual({ stored: 20_000, replaced: 0, skipped: 0, refused: [] });
    // One batch on its way, and one that is full.
    expect(ahead).toBeLessThanOrEqual(2_000);
    expect([closed, await stored()]).toEqual([true, 20_000]);
  });

  it('ends with the database, says how far it came, and goes on when it is repeated', async () => {
    const progress: ImportProgress[] = [];
    let closed = false;
    async function* source() {
      try {
        for (let n = 0; n < 6_000; n++) {
          if (n === 3_500) await database.query('ALTER TABLE user_api_keys RENAME TO gone');
          yield n === 10 ? item(n, { apiKey: 'short' }) : item(n);
        }
      } finally {
        closed = true;
      }
    }
    const failure = await app.byok.importKeys(source(), { onProgress: (now) => void progress.push(now) }).then(
      () => undefined,
      (error: unknown) => error as KeyImportError,
    );
    expect(failure).toBeInstanceOf(KeyImportError);
    expect(failure).toBeInstanceOf(StorageError);
    await database.query('ALTER TABLE gone RENAME TO user_api_keys');
    const there = await stored();
    const { done, result, message, code } = failure!;
    expect(code).toBe('BYOK_UNAVAILABLE');
    expect(message).toContain(`The import ended after ${done} items: The storage of keys is unavailable.`);
    expect(done).toBeGreaterThanOrEqual(1_000);
    expect(result).toMatchObject({ stored: there, refused: [{ index: 10 }] });
    expect(done).toBe(there + 1);
    expect(progress.at(-1)).toEqual({ done, stored: there, replaced: 0, skipped: 0, refused: 1 });
    expect(closed).toBe(true);
    const again = await app.byok.importKeys(items(6_000));
    expect(again).toEqual({ stored: 6_000 - there, replaced: 0, skipped: there, refused: [] });
  });

  it('stores what a source gave before it failed, and passes its error on', async () => {
    const own = new Error('The old table is gone.');
    async function* source() {
      yield* items(1_500);
      throw own;
    }
    await expect(app.byok.importKeys(source())).rejects.toBe(own);
    expect(await stored()).toBe(1_500);
    await expect(
      app.byok.importKeys(
        (function* () {
          yield item(7_000);
          throw own;
        })(),
      ),
    ).rejects.toBe(own);
    expect(await stored()).toBe(1_501);
  });

  it('ends at a signal, also while its source waits', async () => {
    const end = new AbortController();
    let read = 0;
    async function* source() {
      for (const each of items(1_200)) {
        read++;
        yield each;
      }
      await new Promise(() => {});
    }
    const importing = app.byok.importKeys(source(), { signal: end.signal });
    await until(() => read === 1_200);
    end.abort();
    expect(await importing).toMatchObject({ stored: 1_200 });
    expect(await stored()).toBe(1_200);
    expect(await app.byok.importKeys(items(10), { signal: end.signal })).toMatchObject({ stored: 0, skipped: 0 });
  });

  it('is not in the way of another one of the same keys in another order', async () => {
    const forth = items(3_000, { label: 'a' });
    const back = items(3_000, { label: 'a' }).reverse();
    const other = await startByok({ db: database.url });
    try {
      const [one, two] = await Promise.all([app.byok.importKeys(forth), other.byok.importKeys(back)]);
      expect([one.stored + two.stored, one.skipped + two.skipped]).toEqual([3_000, 3_000]);
      const replaced = await Promise.all([
        app.byok.importKeys(forth, { onConflict: 'replace' }),
        other.byok.importKeys(back, { onConflict: 'replace' }),
        // Beside a key that is there, which becomes the chosen one.
        app.byok.importKeys(items(3_000, { label: 'b' })),
        other.byok.importKeys(items(3_000, { label: 'c' }).reverse()),
      ]);
      expect(replaced.map((each) => [each.stored, each.replaced])).toEqual([
        [0, 3_000],
        [0, 3_000],
        [3_000, 0],
        [3_000, 0],
      ]);
      expect(await app.byok.resolveKey({ userId: 'user-000000' }, 'openai')).toMatchObject({ label: 'a' });
    } finally {
      await other.close();
    }
  });

  it('holds the limit against others that import for the same user', async () => {
    const one = { userId: 'alice' };
    const of = (from: number) => items(60, one).map((each, n) => ({ ...each, label: `n${from + n}` }));
    const all = await Promise.all([0, 60, 120].map((from) => app.byok.importKeys(of(from))));
    expect(all.reduce((sum, each) => sum + each.stored, 0)).toBe(50);
    expect(all.reduce((sum, each) => sum + each.refused.length, 0)).toBe(130);
    expect(await stored()).toBe(50);
  });

  it('takes large keys in smaller batches', async () => {
    const large = `{"key":"${'x'.repeat(20_000)}"}`;
    const own = await startByok({ db: database.url, providers: { vertex: { keyFormat: 'json' } } });
    const progress: number[] = [];
    const result = await own.byok.importKeys(items(500, { provider: 'vertex', apiKey: large }), {
      onProgress: ({ done }) => void progress.push(done),
    });
    expect(result.stored).toBe(500);
    expect(progress.length).toBeGreaterThan(2);
    expect(await own.byok.getKey({ userId: item(499).userId }, 'vertex')).toBe(large);
    await own.close();
  });

  it('works on partitions', async () => {
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      migrationsTableName: 'byok_migrations',
      migrations: [...createByokMigrations('user_api_keys'), ...byokPartitionMigrations({ parts: 8 })],
    });
    await dataSource.initialize();
    await dataSource.runMigrations();
    await dataSource.destroy();
    expect(await app.byok.importKeys(items(1_500))).toMatchObject({ stored: 1_500 });
    const mixed = [...items(1_500), ...items(1_500, { label: 'work' })];
    expect(await app.byok.importKeys(mixed, { onConflict: 'replace' })).toEqual({
      stored: 1_500,
      replaced: 1_500,
      skipped: 0,
      refused: [],
    });
    expect(await app.byok.resolveKey(item(1_499), 'openai')).toMatchObject({ label: 'default' });
  });

  it('fails where row level security hides keys, instead of storing beside them', async () => {
    await app.byok.importKeys(items(10));
    const role = `app_${new URL(database.url).pathname.slice(6)}`;
    const url = Object.assign(new URL(database.url), { username: role, password: 'not-a-real-one' });
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'not-a-real-one'`);
    try {
      await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`);
      const limited = await startByok({
        secret: SECRET,
        db: { type: 'postgres', url: url.href, migrationsRun: false },
      });
      await database.query('ALTER TABLE user_api_keys ENABLE ROW LEVEL SECURITY');
      for (const dryRun of [true, false]) {
        await expect(limited.byok.importKeys(items(20), { dryRun })).rejects.toThrow('The database hides stored keys');
      }
      await limited.close();
      expect(await stored()).toBe(10);
    } finally {
      await database.query(`DROP OWNED BY ${role}`);
      await onServer(process.env['TEST_POSTGRES_URL']!, `DROP ROLE ${role}`);
    }
  });
});

/** An advisory lock of the database, until it is released. */
async function hold({ url }: TestDatabase, key: number): Promise<{ release: () => Promise<void> }> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('SELECT pg_advisory_lock($1)', [key]);
  return { release: () => client.end() };
}
