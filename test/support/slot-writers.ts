import pg from 'pg';
import type { StoredKey } from '../../lib/index.js';
import type { Instance } from './instances.js';
import type { TestDatabase } from './postgres.js';

/** What 64 writers of one slot left. */
export interface SlotOutcome {
  failed: number;
  rows: number;
  /** Whether the row, and what every instance reads, is what was committed last. */
  isLast: boolean;
}

const USER = { userId: 'alice' };

/** Notes every write of a row; its lock orders them, so this is the order of the commits. */
export async function noteCommits(database: TestDatabase): Promise<void> {
  await database.query('CREATE TABLE noted (n serial, ciphertext bytea, fingerprint bytea)');
  await database.query(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO noted (ciphertext, fingerprint) VALUES (NEW.ciphertext, NEW.fingerprint); RETURN NULL; END $$`);
  await database.query(
    'CREATE TRIGGER note AFTER INSERT OR UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION note()',
  );
}

/** Has so many writers write one slot at once, by turns through the instances. */
export async function writeOneSlot(
  database: TestDatabase,
  instances: readonly Instance[],
  writers = 64,
): Promise<SlotOutcome> {
  await database.query('TRUNCATE user_api_keys, noted');
  const keys = Array.from({ length: writers }, (_, i) => `test-key-of-writer-${String(i).padStart(3, '0')}`);
  const written = await Promise.allSettled(
    keys.map((key, i) => instances[i % instances.length].call<StoredKey>('setKey', USER, 'openai', key)),
  );
  const rows = await database.query('SELECT ciphertext, fingerprint FROM user_api_keys');
  const noted = await database.query('SELECT ciphertext, fingerprint FROM noted ORDER BY n');
  const answers = written.map((answer) => (answer.status === 'fulfilled' ? answer.value.fingerprint : ''));
  const last = noted.at(-1) as { ciphertext: Buffer; fingerprint: Buffer } | undefined;
  const expected = keys[answers.indexOf(last?.fingerprint.toString('hex') ?? 'none')];
  const read = await Promise.all(instances.map((instance) => instance.call('getKey', USER, 'openai')));
  return {
    failed: written.filter(({ status }) => status === 'rejected').length,
    rows: rows.length,
    isLast:
      noted.length === writers &&
      rows.length === 1 &&
      last!.ciphertext.equals(rows[0].ciphertext as Buffer) &&
      read.every((key) => key === expected),
  };
}

/** Deadlocks that Postgres has counted; of a connection when it has ended. */
export async function deadlocksIn(database: TestDatabase): Promise<number> {
  const sql = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()';
  return (await database.query(sql))[0].deadlocks;
}

/** What one writes without thinking of others: looks whether there is a row, then inserts or updates. Failed writes. */
export async function lookThenWrite(database: TestDatabase, writers = 64): Promise<number> {
  await database.query(
    'CREATE TABLE IF NOT EXISTS naive (owner text, provider text, key text, PRIMARY KEY (owner, provider))',
  );
  await database.query('TRUNCATE naive');
  const pools = [1, 2].map(() => new pg.Pool({ connectionString: database.url, max: 8 }));
  try {
    const written = await Promise.allSettled(
      Array.from({ length: writers }, async (_, i) => {
        const pool = pools[i % 2];
        const { rowCount } = await pool.query(`SELECT 1 FROM naive WHERE owner = 'alice' AND provider = 'openai'`);
        const sql = rowCount
          ? `UPDATE naive SET key = $1 WHERE owner = 'alice' AND provider = 'openai'`
          : `INSERT INTO naive VALUES ('alice', 'openai', $1)`;
        await pool.query(sql, [`test-key-of-writer-${i}`]);
      }),
    );
    return written.filter(({ status }) => status === 'rejected').length;
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}
