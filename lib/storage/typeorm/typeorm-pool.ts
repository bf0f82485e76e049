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

/** `DataSource.query` would give a pair of rows and their number for what updates or deletes. @internal */
export async function throughTypeOrm<R>(dataSource: DataSource, text: string, values: unknown[]): Promise<R[]> {
  const runner = dataSource.createQueryRunner();
  try {
    return (await runner.query(text, values, true)).records as R[];
  } finally {
    await runner.release();
  }
}
