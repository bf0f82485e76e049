import { createByokMigrations } from './index.js';

/** Runs one statement on whatever connection there is. */
export type AskDatabase = <R extends object>(text: string, values: unknown[]) => Promise<R[]>;

/** How the database stands to the migrations of this version. @internal */
export interface SchemaState {
  /** Tables that are not there. */
  missing: string[];
  /** Migrations that have not run; `null` where they are recorded with the application's own. */
  pending: string[] | null;
}

/** The tables of the library that are not there. @internal */
export async function missingTables(ask: AskDatabase, table: string): Promise<string[]> {
  const needed = [table, 'byok_keyring', 'byok_retired_keys', 'byok_audit_log'];
  const text = `SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL`;
  return (await ask<{ name: string }>(text, [needed])).map(({ name }) => name);
}

/** @internal */
export async function schemaState(ask: AskDatabase, table: string): Promise<SchemaState> {
  const missing = await missingTables(ask, table);
  const [{ recorded }] = await ask<{ recorded: boolean }>(
    `SELECT coalesce(has_table_privilege(to_regclass('byok_migrations'), 'SELECT'), false) AS recorded`,
    [],
  );
  if (!recorded) return { missing, pending: null };
  const ran = await ask<{ name: string }>('SELECT name FROM byok_migrations', []);
  const names = createByokMigrations(table).map((migration) => new migration().name!);
  return { missing, pending: names.filter((name) => !ran.some((row) => row.name === name)) };
}
