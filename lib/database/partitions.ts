import type { ByokDatabase } from './byok-database.js';

/** What holds rows: the table itself, or one of its partitions. @internal */
export interface Partition {
  /** Its oid: short enough for the name of a prepared statement, and never that of another table. */
  id: string;
  /** As SQL names it. */
  name: string;
}

/**
 * The table, or its partitions where it has some, in any order: runners that begin at once begin at different ones.
 *
 * @throws StorageError
 * @internal
 */
export function partitionsOf(database: ByokDatabase, table: string): Promise<Partition[]> {
  const text = `SELECT oid::text AS id, oid::regclass::text AS name FROM pg_class
    WHERE relkind <> 'p' AND (oid = $1::regclass OR oid IN (SELECT relid FROM pg_partition_tree($1::regclass)))
    ORDER BY random()`;
  return database.query<Partition>({ text, values: [`"${table}"`] });
}
