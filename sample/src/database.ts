import pg from 'pg';

/**
 * Opens the pool that the sessions use, once the database has answered.
 *
 * @throws {Error} saying which database does not answer and why, without its password
 */
export async function openPool(url: string): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 3_000, query_timeout: 4_000 });
  // An idle connection that the server ends is no reason to end with it.
  pool.on('error', () => undefined);
  try {
    await pool.query('SELECT 1');
    return pool;
  } catch (error) {
    await pool.end();
    const { host, pathname } = new URL(url);
    throw new Error(
      `The database ${pathname.slice(1)} at ${host} cannot be used: ${reason(error)}. Check DATABASE_URL, or leave it ` +
        'out to have the sample start a Postgres of its own.',
    );
  }
}

/** Of several addresses that were tried, the error tells nothing but a code. */
function reason(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || 'no answer';
}
