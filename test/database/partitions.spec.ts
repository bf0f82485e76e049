import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
import type { Statement } from '../../lib/database/index.js';
import {
  byokMigrations,
  byokPartitionMigrations,
  ConfigurationError,
  EncryptionService,
  RetirementError,
  RotationService,
} from '../../lib/index.js';
import { describeKeyStorage } from '../storage/key-storage.contract.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { cli, cliJson } from '../support/cli.js';
import { startStopwatch } from '../support/lost-time.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { collect, makeRecord, openDatabaseStorage } from '../support/storage.js';

const PARTS = 64;
const KEY = 'an-example-of-an-api-key-1f9c';
const userId = (n: number) => `user-${String(n).padStart(4, '0')}`;

const MIGRATION = 'PartitionByokKeys_user_api_keys_1767571200000';
/** A migration that fails is told to the console by TypeORM, too. */
const QUIET: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

/** As an application with a connection of its own does. */
async function withMigrations<T>(
  database: TestDatabase,
  work: (dataSource: DataSource) => Promise<T>,
  parts = PARTS,
): Promise<T> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    migrationsTableName: 'byok_migrations',
    logger: QUIET,
    migrations: [...byokMigrations, ...byokPartitionMigrations({ parts })],
  });
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
const up = (database: TestDatabase, parts?: number) =>
  withMigrations(database, (dataSource) => dataSource.runMigrations(), parts);

describeKeyStorage('TypeOrmKeyStorage with a table of 64 partitions', async () => {
  const database = await createDatabase();
  await up(database);
  const { storage, close } = await openDatabaseStorage(database);
  return {
    storage,
    scopeOf: async (owner) => storage.scopeOf({ userId: owner, session: undefined }),
    break: async () => void (await database.query('ALTER TABLE user_api_keys RENAME TO away')),
    mend: async () => void (await database.query('ALTER TABLE away RENAME TO user_api_keys')),
    close: async () => {
      await close();
      await database.drop();
    },
  };
});

describe('Hash partitions', () => {
  let database: TestDatabase;
  let apps: ByokApp[];
  const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];

  beforeEach(async () => {
    database = await createDatabase();
    apps = [];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(secret: string | string[]): Promise<ByokApp> {
    const app = await startByok({ secret, db: database.url });
    apps.push(app);
    return app;
  }

  /** Without the time of use, which is written while others look. */
  const rows = async () => {
    const sql = `SELECT (to_jsonb(k) - 'last_used_at')::text AS row FROM user_api_keys k ORDER BY owner_id, provider, label`;
    return (await database.query(sql)).map(({ row }) => row as string);
  };
  const partitions = async () =>
    (await database.query(`SELECT inhrelid FROM pg_inherits WHERE inhparent = 'user_api_keys'::regclass`)).length;
  /** Everything that makes the table what it is: columns, constraints, indexes, rights. */
  const shape = () =>
    database.query(
      `SELECT attname AS name, format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || coalesce(pg_get_expr(adbin, adrelid), '') AS what
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = 'user_api_keys'::regclass AND attnum > 0
      UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = 'user_api_keys'::regclass AND contype <> 'n'
      UNION ALL SELECT relname, replace(pg_get_indexdef(indexrelid), 'ON ONLY', 'ON') FROM pg_index
        JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 'user_api_keys'::regclass
      UNION ALL SELECT grantee, privilege_type FROM information_schema.role_table_grants
        WHERE table_name = 'user_api_keys' AND grantee <> grantor
      ORDER BY 1, 2`,
    );

  it('take every row, constraint, index and right along, and give them back, while reads go on', async () => {
    const { byok } = await start(old);
    const users = Array.from({ length: 300 }, (_, i) => userId(i));
    await Promise.all(users.map((id) => byok.setKey({ userId: id }, 'openai', `${KEY}-${id}`)));
    const role = `byok_test_${database.url.slice(-16)}`;
    await database.query(`CREATE ROLE ${role}`);
    try {
      await database.query(`GRANT SELECT, UPDATE ON user_api_keys TO ${role}`);
      const before = { rows: await rows(), shape: await shape() };
      expect(before.rows).toHaveLength(300);
      expect(before.shape.length).toBeGreaterThan(19);

      let busy = true;
      let reads = 0;
      const readers = Array.from({ length: 8 }, async (_, lane) => {
        for (let i = lane; busy; i++) {
          const id = users[i % users.length];
          expect(await byok.getKey({ userId: id }, 'openai')).toBe(`${KEY}-${id}`);
          reads++;
        }
      });
      const migrate = async (parts: number) => {
        const [begun, env] = [reads, { DATABASE_URL: database.url }];
        const { json } = await cliJson(['migrate', '--partitions', String(parts)], env);
        expect(reads).toBeGreaterThan(begun);
        return json;
      };
      expect(await migrate(PARTS)).toEqual({ table: 'user_api_keys', ran: [MIGRATION] });
      expect(await partitions()).toBe(PARTS);
      const onPart = `SELECT has_table_privilege($1, 'user_api_keys_p07', 'UPDATE') AS may`;
      expect(await database.query(onPart, [role])).toEqual([{ may: true }]);
      expect({ rows: await rows(), shape: await shape() }).toEqual(before);
      expect((await byok.setKey({ userId: users[0] }, 'openai', `${KEY}-${users[0]}`)).lastUsedAt).toBeNull();
      const later = await rows();
      expect(await migrate(0)).toEqual({ table: 'user_api_keys', ran: [], undone: [MIGRATION] });
      busy = false;
      await Promise.all(readers);
      expect(await partitions()).toBe(0);
      expect({ rows: await rows(), shape: await shape() }).toEqual({ rows: later, shape: before.shape });
      expect(await database.query(`SELECT relname FROM pg_class WHERE relname ~ '^user_api_keys_(p\\d|new)'`)).toEqual(
        [],
      );
    } finally {
      await database.query(`DROP OWNED BY ${role}`);
      await database.query(`DROP ROLE ${role}`);
    }
  });

  it('are as many as they were, and that is told, until they are made one table again', async () => {
    const env = { DATABASE_URL: database.url };
    const split = (parts: number, ...more: string[]) => cli(['migrate', '--partitions', String(parts), ...more], env);
    for (const [table, more] of [
      ['user_api_keys', []],
      ['other_keys', ['--table', 'other_keys']],
    ] as const) {
      const command = ['npx nestjs-byok migrate', ...more, '--partitions'].join(' ');
      expect(await split(4, ...more)).toMatchObject({ code: 0 });
      expect(await split(8, ...more)).toMatchObject({
        code: 1,
        stdout: '',
        stderr:
          `nestjs-byok: The table ${table} has 4 partitions, not 8: their number cannot be changed in one step.\n` +
          `Make it one table first, then split it anew: ${command} 0, then ${command} 8\n`,
      });
    }
    expect(await split(4)).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') });
    expect(await partitions()).toBe(4);
    expect([(await split(0)).code, (await split(8)).code]).toEqual([0, 0]);
    expect(await partitions()).toBe(8);
    // Seven processes, one after the other, on a machine that may be busy.
  });

  it('keep a key replaced or new, a row in its place, and the promise of a retired key', async () => {
    const late = await start([old, fresh]);
    await up(database);
    const events = await late.byok.setKey({ userId: 'alice' }, 'openai', KEY);
    expect(events.updatedAt).toEqual(events.createdAt);
    const again = await late.byok.setKey({ userId: 'alice' }, 'openai', KEY);
    expect(again.createdAt).toEqual(events.createdAt);
    expect(again.updatedAt.getTime()).toBeGreaterThan(events.createdAt.getTime());
    for (let i = 0; i < 40; i++) await late.byok.setKey({ userId: userId(i) }, 'openai', KEY);

    const { byok, app } = await start([fresh, old]);
    const rotation = app.get(RotationService);
    const id = new EncryptionService(old).keyId.toString('hex');
    await expect(rotation.retire(id)).rejects.toThrow(RetirementError);
    expect(await rotation.status()).toMatchObject({ rows: 41, providers: [{ provider: 'openai', rows: 41 }] });
    expect((await rotation.status()).tableBytes).toBeGreaterThan(41 * 200);
    expect(await rotation.rotate({ batchSize: 3 })).toMatchObject({ rotated: 41, remaining: 0, unreadableCount: 0 });
    expect(await rotation.verify()).toMatchObject({ ok: true, rows: 41 });
    expect(await rotation.retire(id)).toBe(true);
    await expect(late.byok.setKey({ userId: 'bob' }, 'openai', KEY)).rejects.toMatchObject({ reason: '23503' });
    expect(await byok.getKey({ userId: userId(7) }, 'openai')).toBe(KEY);

    await database.query(`UPDATE user_api_keys SET expires_at = now() - interval '1 ms' WHERE owner_id < 'user-0030'`);
    expect(await byok.deleteExpired()).toBe(31);
    expect(await byok.eraseUser(userId(33))).toMatchObject({ keys: 1 });
    expect((await rows()).length).toBe(9);
  });

  it('are swept to the end, however many instances come to it at once', async () => {
    await up(database, 4);
    const instances = await Promise.all([1, 2, 3].map(() => openDatabaseStorage(database)));
    try {
      const [{ storage }] = instances;
      await storage.put(storage.scopeOf({ userId: 'alice', session: undefined }), makeRecord('openai'), 50);
      await database.query(
        `INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, expires_at)
         SELECT owner_kind, 'user-' || n, provider, label, key_id, ciphertext, hint, fingerprint, now()
         FROM user_api_keys, generate_series(1, 20000) n`,
      );
      const removed = await Promise.all(
        instances.map(async (each) => (await collect(each.storage.deleteAllExpired({ ifFree: true }))).length),
      );
      expect(removed.reduce((sum, n) => sum + n)).toBe(20_000);
      expect(await rows()).toHaveLength(1);
    } finally {
      await Promise.all(instances.map((each) => each.close()));
    }
  });

  it('note when a key was last used', async () => {
    const { byok, close } = await start(old);
    await up(database);
    await byok.setKey({ userId: 'alice' }, 'openai', KEY);
    await sleep(20);
    await byok.getKey({ userId: 'alice' }, 'openai');
    await close();
    apps = [];
    const used = await database.query('SELECT last_used_at FROM user_api_keys');
    expect(used).toEqual([{ last_used_at: expect.any(Date) }]);
  });

  it('are not made of a table with what a copy would lose', async () => {
    await withMigrations(database, async (dataSource) => {
      dataSource.migrations.pop();
      await dataSource.runMigrations();
    });
    await database.query('CREATE INDEX mine ON user_api_keys (provider)');
    await database.query(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`);
    await database.query('CREATE TRIGGER note AFTER UPDATE ON user_api_keys EXECUTE FUNCTION note()');
    await expect(up(database)).rejects.toThrow(/would lose: index mine, trigger note\. Remove that/);
    await database.query('DROP INDEX mine; DROP TRIGGER note ON user_api_keys');
    await up(database);
    expect(await partitions()).toBe(PARTS);
  });

  it('wait for a long reader without holding up the others', async () => {
    const WAITING = `SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    const { byok } = await start(old);
    await byok.setKey({ userId: 'alice' }, 'openai', KEY);
    const dump = new pg.Client({ connectionString: database.url });
    await dump.connect();
    try {
      await dump.query('BEGIN; SELECT count(*) FROM user_api_keys');
      const done = up(database);
      let slowest = 0;
      // How often the migration was seen to wait.
      let waits = 0;
      const watch = async () => {
        while (waits < 10) {
          waits += (await database.query(WAITING)).length;
          await sleep(10);
        }
      };
      const watching = watch();
      while (waits < 10) {
        const stop = startStopwatch();
        expect(await byok.getKey({ userId: 'alice' }, 'openai')).toBe(KEY);
        slowest = Math.max(slowest, stop());
        await sleep(10);
      }
      await watching;
      expect(await partitions()).toBe(0);
      await dump.query('COMMIT');
      await done;
      expect(await partitions()).toBe(PARTS);
      expect(slowest).toBeLessThan(2_000);
    } finally {
      await dump.end();
    }
  });

  it('are touched by nothing that is about the owners of others', async () => {
    await up(database);
    const { storage, connection, close } = await openDatabaseStorage(database);
    const sent: Statement[] = [];
    const query = connection.query.bind(connection);
    connection.query = (statement, within) => (sent.push(statement), query(statement, within));
    const scopeOf = (id: string) => storage.scopeOf({ userId: id, session: undefined });
    const openai = [{ provider: 'openai', label: 'default' }];
    const several = Array.from({ length: 12 }, (_, i) => userId(i));
    try {
      for (const id of several) await storage.put(scopeOf(id), makeRecord('openai'), 50);
      sent.length = 0;
      await storage.put(scopeOf(userId(0)), makeRecord('openai'), 50);
      await storage.read(scopeOf(userId(0)), openai);
      await storage.list(scopeOf(userId(0)));
      await storage.readAll(scopeOf(userId(0)));
      await storage.delete(scopeOf('nobody'), openai[0]);
      await storage.clear(scopeOf('nobody'));
      expect(sent).toHaveLength(6);
      for (const statement of sent) expect([statement.text, await touchedBy(statement)]).toEqual([statement.text, 1]);

      // The first goes alone; the others travel together, and each is looked for in its own partition.
      sent.length = 0;
      await Promise.all(several.map((id) => storage.read(scopeOf(id), openai)));
      expect(sent).toHaveLength(2);
      const theirs = 'SELECT count(DISTINCT tableoid)::int AS n FROM user_api_keys WHERE owner_id = ANY ($1)';
      const [{ n }] = await database.query(theirs, [several.slice(1)]);
      expect(n).toBeGreaterThan(5);
      expect(await touchedBy(sent[1])).toBe(n);
      // Control: without an owner, all of them are.
      const all = { text: 'SELECT count(*) FROM user_api_keys WHERE provider = $1', values: ['openai'] };
      expect(await touchedBy(all)).toBe(PARTS);
    } finally {
      await close();
    }
  });

  /** How many partitions a statement's plan goes into when it is run. */
  async function touchedBy({ text, values }: Statement): Promise<number> {
    const plan = await database.query(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ${text}`, values);
    const scans = plan
      .map((row) => row['QUERY PLAN'] as string)
      .filter((line) => / Scan .*on user_api_keys_p\d+/.test(line) && !line.includes('never executed'));
    return new Set(scans.map((line) => /user_api_keys_p\d+ /.exec(line)?.[0])).size;
  }
});

it.each([0, 1, 1.5, 1_025, Number.NaN])('There is no table of %p partitions', (parts) => {
  expect(() => byokPartitionMigrations({ parts })).toThrow(ConfigurationError);
});
