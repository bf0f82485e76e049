import pg from 'pg';

/** The only role of the server. */
export const SUPERUSER = 'byok';

export interface Login {
  port: number;
  password: string;
}

export function databaseUrl(login: Login, database: string): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(login.password)}@127.0.0.1:${login.port}/${encodeURIComponent(database)}`;
}

/** Runs `work` on a connection of its own to the maintenance database. */
export async function withConnection<T>(login: Login, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: login.port,
    user: SUPERUSER,
    password: login.password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
    ssl: false,
  });
  // The server may close the connection at any time; the query that fails then says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function createDatabaseIfMissing(login: Login, database: string): Promise<void> {
  await withConnection(login, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount) return;
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
    } catch (error) {
      // Another process that starts at the same time was faster.
      if (!['42P04', '23505'].includes(String((error as { code?: unknown }).code))) throw error;
    }
  });
}
