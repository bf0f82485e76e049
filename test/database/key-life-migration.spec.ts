import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { ByokModule, byokPartitionMigrations, createByokMigrations } from '../../lib/index.js';
import { SECRET, startWith } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

type Migrations = (new () => MigrationInterface)[];

const ALL = createByokMigrations('user_api_keys');
/** What the version before had. */
const BEFORE = ALL.filter(({ name }) => name !== 'AddByokKeyLife');
/** The guarded read of the version before. */
const OLD_READ = {
  name: 'old_read',
  text: `SELECT k.ciphertext, k.expires_at FROM user_api_keys k
    WHERE k.owner_kind = $1 AND k.owner_id = $2 AND k.provider = $3 AND k.label = $4`,
  values: ['user', 'user-7', 'openai', 'default'],
};

describe.each([
  ['a table', []],
  ['partitions', byokPartitionMigrations({ parts: 4 })],
])('The migration that adds the columns of default keys and checks to %s', (_, partitions: Migrations) => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeEach(async () => {
    database = await createDatabase();
    expect(BEFORE).toHaveLength(ALL.length - 1);
    await run([...BEFORE, ...partitions]);
    await database.query(`INSERT INTO byok_keyring (key_id, canary) VALUES ('\\x01', '\\x01')`);
    await database.query(`INSERT INTO user_api_keys (owner_kind, owner_id, provider, key_id, ciphertext, hint, fingerprint)
      SELECT 'user', 'user-' || n, 'openai', '\\x01', '\\x0203', '…', '\\x04' FROM generate_series(1, 500) n`);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  async function run(migrations: Migrations, transaction: 'all' | 'none' = 'all'): Promise<void> {
    await withMigrations(migrations, (dataSource) => dataSource.runMigrations({ transaction }));
  }

  async function withMigrations(migrations: Migrations, work: (dataSource: DataSource) => Promise<unknown>) {
    const dataSource = new DataSource({ type: 'postgres', url: database.url, migrations });
    await dataSource.initialize();
    await work(dataSource).finally(() => dataSource.destroy());
  }

  const files = () =>
    database.query(`SELECT relid::regclass::text AS name, pg_relation_filenode(relid) AS node
      FROM pg_partition_tree('user_api_keys') UNION ALL
      SELECT 'user_api_keys', pg_relation_filenode('user_api_keys') ORDER BY 1, 2`);
  const columns = async () => {
    const rows = await database.query(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'user_api_keys' AND is_nullable = 'YES'
       ORDER BY ordinal_position`,
    );
    return rows.map(({ name }) => name as string);
  };
  const ADDED = [
    'preferred_at',
    'checked_at',
    'check_outcome',
    'check_reason',
    'check_by',
    'expiring_noticed_at',
    'unused_noticed_at',
  ];

  it.each(['all', 'none'] as const)('rewrites nothing, with transactions: %s', async (transaction) => {
    const before = await files();
    await client.query(OLD_READ);
    await run([...ALL, ...partitions], transaction);
    expect(await files()).toEqual(before);
    expect(await columns()).toEqual(['expires_at', 'last_used_at', ...ADDED]);
    expect(await database.query('SELECT count(*)::int AS n FROM user_api_keys WHERE preferred_at IS NULL')).toEqual([
      { n: 500 },
    ]);
    // An instance of the version before goes on with the statements that it has prepared.
    expect((await client.query(OLD_READ)).rows).toHaveLength(1);
    await withMigrations([...ALL, ...partitions], async (dataSource) => {
      await dataSource.undoLastMigration();
    });
    expect(await columns()).toEqual(['expires_at', 'last_used_at']);
  });

  it('holds readers up for moments only while it waits for somebody else', async () => {
    await client.query('BEGIN');
    await client.query('SELECT count(*) FROM user_api_keys');
    let isOver = false;
    const migrated = run([...ALL, ...partitions]).finally(() => (isOver = true));
    await until(async () => {
      const [{ waiting }] = await database.query(
        `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
          AND relation = 'user_api_keys'::regclass) AS waiting`,
      );
      return waiting as boolean;
    });
    // Behind a lock that is waited for without end, this would wait as long.
    const reader = new pg.Client({ connectionString: database.url, statement_timeout: 30_000 });
    await reader.connect();
    for (let i = 0; i < 3; i++) expect((await reader.query(OLD_READ)).rows).toHaveLength(1);
    await reader.end();
    expect(isOver).toBe(false);
    await client.query('COMMIT');
    await migrated;
    expect(await columns()).toContain('preferred_at');
  });

  it('is asked for at the start, on a connection that the application migrates', async () => {
    const connection = TypeOrmModule.forRoot({ type: 'postgres', url: database.url, retryAttempts: 0 });
    const start = () => startWith(connection, ByokModule.forRoot({ secret: SECRET, db: {} }));
    await expect(start()).rejects.toThrow(
      'db: the tables of keys are of an earlier version of this library: user_api_keys.check_by, byok_audit_log.actor_id missing. Run the pending migrations.',
    );
  });
});
