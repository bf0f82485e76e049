import type { DataSource } from 'typeorm';
import { createByokMigrations } from './index.js';

/** Runs one statement on whatever connection there is. */
export type AskDatabase = <R extends object>(text: string, values: unknown[]) => Promise<R[]>;

/** Where the connection that the module opens records migrations, and the command line does. As SQL names it. */
export const OWN_MIGRATIONS_TABLE = '"byok_migrations"';
/** Where a connection of the application's does, unless it says otherwise. */
export const TYPEORM_MIGRATIONS_TABLE = '"migrations"';

/** How the database stands to the migrations of this version. @internal */
export interface SchemaState {
  /** Tables that are not there. */
  missing: string[];
  /** Migrations that have not run; `null` where it cannot be seen which have. */
  pending: string[] | null;
  /** Which of the given records tells. */
  record?: string;
}

/** Where a connection's migrations are recorded, as SQL names it. @internal */
export function recordOf({ driver, options }: DataSource): string {
  const { migrationsTableName = 'migrations', schema } = options as { migrationsTableName?: string; schema?: string };
  const path = driver.buildTableName(migrationsTableName, schema).split('.');
  return path.map((name) => driver.escape(name)).join('.');
}

/** The tables of the library. @internal */
export function tablesOf(table: string): string[] {
  return [table, 'byok_keyring', 'byok_retired_keys', 'byok_audit_log'];
}

/** The tables of the library that are not there. @internal */
export async function missingTables(ask: AskDatabase, table: string): Promise<string[]> {
  const text = `SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL`;
  return (await ask<{ name: string }>(text, [tablesOf(table)])).map(({ name }) => name);
}

/** Columns of later migrations that are not there, as `table.column`. @internal */
export async function missingColumns(ask: AskDatabase, table: string): Promise<string[]> {
  const columns = [
    [table, 'check_by'],
    ['byok_audit_log', 'actor_id'],
  ];
  const text = `SELECT t.name || '.' || t.col AS name FROM unnest($1::text[], $2::text[]) AS t (name, col)
    WHERE to_regclass(quote_ident(t.name)) IS NOT NULL AND NOT EXISTS (
      SELECT FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(t.name)) AND attname = t.col AND NOT attisdropped
    )`;
  const found = await ask<{ name: string }>(text, [columns.map(([name]) => name), columns.map(([, col]) => col)]);
  return found.map(({ name }) => name);
}

/**
 * @param records - Where migrations may be recorded. The first with migrations of ours decides: another may be left over
 * from a connection that the application no longer has, or belong to another program.
 * @internal
 */
export async function schemaState(ask: AskDatabase, table: string, records: readonly string[]): Promise<SchemaState> {
  const missing = await missingTables(ask, table);
  const names = createByokMigrations(table).map((migration) => new migration().name!);
  for (const record of new Set(records)) {
    const ran = await recordedIn(ask, record, names);
    if (ran.length > 0) return { missing, pending: names.filter((name) => !ran.includes(name)), record };
  }
  return { missing, pending: null };
}

async function recordedIn(ask: AskDatabase, record: string, names: string[]): Promise<string[]> {
  const [{ readable }] = await ask<{ readable: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'name'
      AND has_column_privilege(attrelid, attnum, 'SELECT')) AS readable`,
    [record],
  );
  if (!readable) return [];
  const ran = await ask<{ name: string }>(`SELECT name FROM ${record} WHERE name::text = ANY ($1::text[])`, [names]);
  return ran.map(({ name }) => name);
}
