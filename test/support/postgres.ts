import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { emptied, imageOf } from './emptied-database.js';

/** An empty database of a spec's own, on the server of the test run. */
export interface TestDatabase {
  url: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec knows what its query returns
  query(sql: string, params?: unknown[]): Promise<any[]>;
  /** Ends every connection to the database, and empties or removes it. */
  drop(): Promise<void>;
}

/** Databases of this worker that are as new. Emptying one takes a quarter of the time of a new one. */
interface Store {
  urls: string[];
  /** What a new one looks like. */
  image?: string;
}

const STORE = Symbol.for('nestjs-byok.databases');
const store = ((globalThis as { [STORE]?: Store })[STORE] ??= { urls: [] });

export async function createDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_POSTGRES_URL'];
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: run the tests with `npm test`.');
  const url = store.urls.pop() ?? (await createNew(server));
  const pool = new pg.Pool({ connectionString: url, max: 4, allowExitOnIdle: true });
  // Connections that a spec has the server end.
  pool.on('error', () => undefined);
  return {
    url,
    query: async (sql, params) => (await pool.query(sql, params)).rows,
    drop: async () => {
      await pool.end();
      if (await emptied(url, store.image!)) store.urls.push(url);
      else await onServer(server, `DROP DATABASE IF EXISTS ${nameOf(url)} WITH (FORCE)`);
    },
  };
}

async function createNew(server: string): Promise<string> {
  const url = new URL(server);
  url.pathname = `/test_${randomBytes(8).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${nameOf(url.href)}`);
  store.image ??= await imageOf(url.href);
  return url.href;
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
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
