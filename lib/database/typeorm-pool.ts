import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * TypeORM's own pool, without the price of its query layer. Looked for each time: where an application closes its
 * connection and opens it anew, another takes its place. Where a version has none, {@link throughTypeOrm} serves.
 *
 * @internal
 */
export function poolOf(dataSource: DataSource | undefined): Pool | undefined {
  const pool = (dataSource?.driver as { master?: Partial<Pool> } | undefined)?.master;
  return typeof pool?.query === 'function' ? (pool as Pool) : undefined;
}

/**
 * What it gives takes the statement back where it still waits for a connection: once its caller was told that it failed,
 * others may write what it would overwrite. With callbacks, which spare the hot path two promises.
 *
 * @internal
 */
export function throughPool<R extends object>(
  pool: Pool,
  statement: { name: string | undefined; text: string; values: unknown[] },
  resolve: (rows: R[]) => void,
  reject: (error: unknown) => void,
): () => void {
  pool.query(statement, (error: Error | null, result) => {
    if (error) reject(error);
    else resolve(result.rows as R[]);
  });
  // It is read when there is a connection for it.
  return () => Object.assign(statement, { name: undefined, text: '', values: [] });
}

/** `DataSource.query` would give a pair of rows and their number for what updates or deletes. @internal */
export async function throughTypeOrm<R>(dataSource: DataSource, text: string, values: unknown[]): Promise<R[]> {
  const runner = dataSource.createQueryRunner();
  try {
    return (await runner.query(text, values, true)).records as R[];
  } finally {
    await runner.release();
  }
}
