import { type AskDatabase, missingTables as tablesMissing } from '../database/index.js';
import type { SecretOption } from '../interfaces/index.js';
import { CliError } from './cli-error.js';
import { type Connection, withConnection } from './connection.js';
import { checkedSecrets } from './secrets.js';
import { databaseUrl, tableName } from './settings.js';
import { DEFAULT_TABLE, type GlobalOptions } from './arguments.js';

/** What a command works on, checked. @internal */
export interface Target {
  url: string;
  table: string;
  /** Newest first; none where the command opens and seals nothing. */
  secrets: SecretOption[];
  /** Whether the application keeps an audit log, so that what is done here belongs into it. */
  audit: boolean;
}

/**
 * Reads the settings and looks at the database, before anything large is loaded.
 *
 * @throws CliError @throws ConfigurationError
 * @internal
 */
export async function resolveTarget(options: GlobalOptions, needsSecrets: boolean): Promise<Target> {
  const table = tableName(options);
  const url = databaseUrl();
  const secrets = needsSecrets ? await checkedSecrets(options) : [];
  const audit = await withConnection(url, async (client) => {
    const missing = await missingTables(client, table);
    if (missing.length > 0) {
      throw new CliError(
        `Tables are missing in the database: ${missing.join(', ')}.`,
        await adviceOnMissing(client, missing, table),
      );
    }
    return isAudited(client);
  });
  return { url, table, secrets, audit };
}

/** The tables of the library that are not there. @internal */
export async function missingTables(client: Connection, table: string): Promise<string[]> {
  return tablesMissing(queryFn(client), table);
}

/** What to do about tables that are not there, or not to be seen. @internal */
export async function adviceOnMissing(client: Connection, missing: string[], table: string): Promise<string> {
  const { rows } = await client.query<{ name: string; usable: boolean }>(
    `SELECT n.nspname AS name, has_schema_privilege(n.oid, 'USAGE') AS usable
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT pg_is_other_temp_schema(n.oid)
      GROUP BY n.oid HAVING count(*) = $2 ORDER BY n.nspname LIMIT 1`,
    [missing, missing.length],
  );
  const [schema] = rows;
  const command = `npx nestjs-byok migrate${table === DEFAULT_TABLE ? '' : ` --table ${table}`}`;
  if (!schema)
    return missing.length === 1 && missing[0] === table
      ? `Is that the name of the table (--table)? Else make it: ${command}`
      : `Make them: ${command}`;
  if (!schema.usable)
    return `They are in the schema ${schema.name}, which this role may not use: GRANT USAGE ON SCHEMA.`;
  return `They are in the schema ${schema.name}, where this connection does not look. Set the search_path of the role (ALTER ROLE … SET search_path), or add options=-c%20search_path%3D${encodeURIComponent(schema.name)} to DATABASE_URL.`;
}

/** @internal */
export function queryFn(client: Connection): AskDatabase {
  return async <R extends object>(text: string, values: unknown[]) => (await client.query<R>(text, values)).rows;
}

async function isAudited(client: Connection): Promise<boolean> {
  try {
    const { rows } = await client.query<{ used: boolean }>('SELECT EXISTS (SELECT 1 FROM byok_audit_log) AS used');
    return rows[0].used;
  } catch (error) {
    // A role that may not look: what needs the log says so.
    if ((error as { code?: string }).code === '42501') return true;
    throw error;
  }
}
