import pg from 'pg';

/**
 * Opens the pool for the sessions.
 *
 * @throws {Error} if the database does not answer; it names the database and the cause, but not the password
 */
export async function openPool(url: string): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 3_000, query_timeout: 4_000 });
  // Without a listener, an idle connection that the server closes would end this process.
  pool.on('error', () => undefined);
  try {
    await pool.query('SELECT 1');
    return pool;
  } catch (error) {
    await pool.end();
    const { host, pathname } = new URL(url);
    throw new Error(
      `The database ${pathname.slice(1)} at ${host} cannot be used: ${reason(error)}. Check DATABASE_URL, or ` +
        'remove it and let `npm start` start a PostgreSQL server.',
    );
  }
}

/** If several addresses were tried, the error has a code but no message. */
function reason(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || 'no answer';
}
