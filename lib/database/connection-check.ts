import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../errors/index.js';
import { parseUrl } from '../validation/index.js';
import { type AskDatabase, missingColumns, missingTables, tablesOf } from './migrations/schema-state.js';
import { rightsWarning } from './foreign-rights.js';
import { HIDDEN_ROWS } from './row-security.js';
import { poolOf } from './typeorm-pool.js';

/** Where a pool, or a driver, keeps what a connection is opened with. */
interface ConnectionSettings {
  connectionString?: string;
  options?: string;
}

/** The `search_path` that the connection asks for, as `pg` takes it: from the URL, the options or the environment. */
function askedSearchPath({ connectionString, options }: ConnectionSettings = {}): string | undefined {
  const inUrl = parseUrl(connectionString ?? '')?.searchParams.get('options');
  const given = inUrl ?? options ?? process.env['PGOPTIONS'] ?? '';
  const [last] = [...given.matchAll(/(?:-c\s*|--)search[_-]path=((?:\\.|[^\s\\])*)/gi)].slice(-1);
  return last?.[1].replace(/\\(.)/g, '$1');
}

/**
 * Refuses a database, or settings of it or of the role, with which keys would be lost or land in the wrong schema.
 *
 * @throws ConfigurationError
 * @internal
 */
export async function requireSoundSettings(dataSource: DataSource): Promise<void> {
  const [found] = await askThrough(dataSource)<{
    encoding: string;
    client: string;
    path: string;
    schema: string | null;
    role: string;
    nulls: string;
  }>(
    `SELECT current_setting('server_encoding') AS encoding, current_setting('client_encoding') AS client,
      current_setting('search_path') AS path, current_schema() AS schema,
      current_setting('session_replication_role') AS role, current_setting('array_nulls') AS nulls`,
    [],
  );
  // SQL_ASCII stores the bytes that it is given.
  if (!['UTF8', 'SQL_ASCII'].includes(found.encoding)) {
    throw new ConfigurationError(
      `db: the encoding of the database is ${found.encoding}, which cannot store every name and label. Create it with UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`,
    );
  }
  if (found.client !== 'UTF8') {
    throw new ConfigurationError(
      `db: the client_encoding of the connection is ${found.client}. Remove that setting: it must be UTF8.`,
    );
  }
  if (found.role !== 'origin') {
    throw new ConfigurationError(
      `db: session_replication_role is ${found.role}, which turns foreign keys off. They keep an encryption key from being retired while it is in use. Remove that setting.`,
    );
  }
  if (found.nulls !== 'on') {
    throw new ConfigurationError(
      'db: array_nulls is off, so what is written would not be what was meant. Remove that setting.',
    );
  }
  const asked = askedSearchPath(poolOf(dataSource)?.options);
  if (asked !== undefined) requireSchema(asked, found);
}

function requireSchema(asked: string, { path, schema }: { path: string; schema: string | null }): void {
  if (namesOf(asked).join() !== namesOf(path).join()) {
    throw new ConfigurationError(
      `db: the connection asks for the search_path ${asked}, but has ${path}: a pooler drops such options. Set it for the role: ALTER ROLE … SET search_path = ${asked}.`,
    );
  }
  const [first] = namesOf(asked);
  if (first === '$user' || first === schema) return;
  throw new ConfigurationError(
    `db: the connection asks for the schema ${first}, which does not exist or which its role may not use. Create it: CREATE SCHEMA ${first}.`,
  );
}

/** Unquoted, and in lower case where they were not quoted. */
function namesOf(path: string): string[] {
  return [...path.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)].map(([name, quoted]: (string | undefined)[]) =>
    quoted === undefined ? name!.toLowerCase() : quoted.replaceAll('""', '"'),
  );
}

/**
 * Refuses a connection without our tables, or with a role that does not see all of their rows. Only the module's own
 * connection runs the migrations; the application's does so if they were added to it.
 *
 * @returns a warning to log, if any
 * @throws ConfigurationError
 * @internal
 */
export async function requireTables(dataSource: DataSource, table: string): Promise<string | undefined> {
  const ask = askThrough(dataSource);
  const missing = await missingTables(ask, table);
  if (missing.includes(table) || missing.includes('byok_keyring')) {
    const migrations = table === 'user_api_keys' ? '...byokMigrations' : `...createByokMigrations('${table}')`;
    throw new ConfigurationError(
      `db: the tables of keys are missing. Add ${migrations} to the migrations of the TypeORM connection and run them.`,
    );
  }
  const outdated = await missingColumns(ask, table);
  if (outdated.length > 0) {
    throw new ConfigurationError(
      `db: the tables of keys are of an earlier version of this library: ${outdated.join(', ')} missing. Run the pending migrations.`,
    );
  }
  const hidden = await tablesWithHiddenRows(ask, table);
  if (hidden.length > 0) throw new ConfigurationError(`db: ${HIDDEN_ROWS} Tables: ${hidden.join(', ')}.`);
  return rightsWarning(ask, table);
}

/** Our tables some of whose rows row level security may hide from this role. @internal */
export async function tablesWithHiddenRows(ask: AskDatabase, table: string): Promise<string[]> {
  const text = `SELECT relname AS name FROM pg_class WHERE row_security_active(oid) AND
    (oid IN (SELECT to_regclass(quote_ident(name)) FROM unnest($1::text[]) AS name)
      OR oid IN (SELECT relid FROM pg_partition_tree(to_regclass(quote_ident($2)))))
    ORDER BY relname`;
  return (await ask<{ name: string }>(text, [tablesOf(table), table])).map(({ name }) => name);
}

function askThrough(dataSource: DataSource): AskDatabase {
  return (text, values) => dataSource.query(text, values);
}
