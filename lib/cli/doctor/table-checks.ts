import type { EncryptionService } from '../../crypto/index.js';
import {
  createByokMigrations,
  OWN_MIGRATIONS_TABLE,
  schemaState,
  TYPEORM_MIGRATIONS_TABLE,
} from '../../database/index.js';
import {
  inspectKeyring,
  KEYRING_FAULTS,
  type KeyringFault,
  keyringFault,
  type KeyringInspection,
  type RegisteredKey,
  registeredKeysSql,
} from '../../keyring/index.js';
import type { Connection } from '../connection.js';
import { adviceOnMissing, queryFn } from '../target.js';
import { check, type Check } from './check.js';

/** What an application's role needs, by table. */
const APPLICATION_RIGHTS: Record<string, string> = {
  byok_keyring: 'SELECT, INSERT',
  byok_retired_keys: 'SELECT',
  byok_audit_log: 'SELECT, INSERT, DELETE',
};
const KEY_RIGHTS = 'SELECT, INSERT, UPDATE, DELETE';

/** Whether the tables are there, as this version needs them. @internal */
export async function checkTables(client: Connection, table: string): Promise<Check> {
  // Where both have ours, the application's own connection is that which makes the tables.
  const { missing, pending, record } = await schemaState(queryFn(client), table, [
    TYPEORM_MIGRATIONS_TABLE,
    OWN_MIGRATIONS_TABLE,
  ]);
  if (missing.length > 0) {
    const advice = await adviceOnMissing(client, missing, table);
    return check('migrations', 'fail', `Tables are missing: ${missing.join(', ')}.`, advice);
  }
  if (pending === null) {
    return check('migrations', 'ok', 'The tables are there; which migrations made them cannot be seen from here.');
  }
  if (pending.length === 0) return check('migrations', 'ok', `All ${createByokMigrations(table).length} have run.`);
  return check(
    'migrations',
    'fail',
    `Not run yet: ${pending.join(', ')}.`,
    record === OWN_MIGRATIONS_TABLE
      ? 'Run them: npx nestjs-byok migrate'
      : "Run them on the application's own connection, with byokMigrations among its migrations.",
  );
}

/** Whether this role has the rights that an application needs. @internal */
export async function checkRights(client: Connection, table: string): Promise<Check> {
  const needed = Object.entries({ [table]: KEY_RIGHTS, ...APPLICATION_RIGHTS }).flatMap(([name, rights]) =>
    rights.split(', ').map((right) => ({ name, right })),
  );
  const { rows } = await client.query<{ name: string; right: string }>(
    `SELECT name, "right" FROM unnest($1::text[], $2::text[]) AS n(name, "right")
      WHERE NOT has_table_privilege(quote_ident(name), "right")`,
    [needed.map(({ name }) => name), needed.map(({ right }) => right)],
  );
  if (rows.length === 0) return check('rights', 'ok', 'This role may do what the application does.');
  const text = rows.map(({ name, right }) => `${right} on ${name}`).join(', ');
  return check(
    'rights',
    'warn',
    `This role may not do all that the application does: ${text}.`,
    'Fine for a role that only looks. Else see "Database roles" in docs/operations.md of the package.',
  );
}

/** Whether the secrets are those of the database, as a start of the application would find. @internal */
export async function checkKeys(client: Connection, table: string, encryption: EncryptionService): Promise<Check[]> {
  const { rows: registered } = await client.query<RegisteredKey>(registeredKeysSql(table));
  const { rows: retired } = await client.query<{ keyId: Buffer }>('SELECT key_id AS "keyId" FROM byok_retired_keys');
  const found = inspectKeyring(
    registered,
    retired.map(({ keyId }) => keyId),
    encryption,
  );
  const fault = keyringFault(found, 'BYOK_SECRET');
  return [
    fault
      ? failed('canary', fault)
      : check('canary', 'ok', `Every key in use is given and opens (${found.used.length}).`),
    checkFirst(found),
  ];
}

function checkFirst({ active = '', isActiveRegistered, isActiveRetired }: KeyringInspection): Check {
  if (isActiveRetired) return failed('front', KEYRING_FAULTS.retired(active));
  if (isActiveRegistered) return check('front', 'ok', `The key ${active} is in use.`);
  return check(
    'front',
    'warn',
    `The key ${active} of the first secret is not in use yet.`,
    'Fine before the first start of the application with it.',
  );
}

function failed(name: string, { message, advice }: KeyringFault): Check {
  return check(name, 'fail', `${message} The application does not start.`, advice);
}

/** What can be known of sessions from here, which is little. @internal */
export async function checkSessions(client: Connection): Promise<Check> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT count(*) = 3 AS there FROM information_schema.columns
      WHERE table_name = 'session' AND column_name IN ('sid', 'sess', 'expire')`,
  );
  const unseen =
    'Cookie flags and the store are set in the application, which warns of weak ones in its log at the first request.';
  return rows[0].there
    ? check('sessions', 'ok', `There is a table of connect-pg-simple in the database. ${unseen}`)
    : check('sessions', 'skip', `Not visible from here. ${unseen}`);
}
