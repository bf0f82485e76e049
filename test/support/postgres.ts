import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A fresh database of a spec's own, on the server of the test run. */
export interface TestDatabase {
  url: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec knows what its query returns
  query(sql: string, params?: unknown[]): Promise<any[]>;
  /** Removes the database, and with it every connection to it. */
  drop(): Promise<void>;
}

export async function createDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_POSTGRES_URL'];
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: run the tests with `npm test`.');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 4, allowExitOnIdle: true });
  // Connections that a spec has the server end.
  pool.on('error', () => undefined);
  return {
    url: url.href,
    query: async (sql, params) => (await pool.query(sql, params)).rows,
    drop: async () => {
      await pool.end();
      await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** The advisory locks of this database alone: `pg_locks` has those of the server, where other specs migrate meanwhile. */
export function advisoryLocks(database: TestDatabase): Promise<{ granted: boolean }[]> {
  return database.query(`SELECT granted FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND datname = current_database()`);
}

/** Runs one statement on a connection of its own, as the role of the URL. */
export async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
