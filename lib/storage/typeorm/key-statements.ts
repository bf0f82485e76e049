import { epochMs, epochMsOf, everyRow, everyRowWritten } from '../../database/index.js';
import { byPreference, isAlive, isDefault } from './default-key.js';
import { whileCurrent } from './verdict.js';

/** Bytes of a record that tell which key sealed it and whether that key opens it, without the rest. */
const HEADER_LENGTH = 74;

const DATES = `${epochMs('k.created_at', 'created')}, ${epochMs('k.updated_at', 'updated')},
  ${epochMs('k.expires_at', 'expires')}, ${epochMs('k.last_used_at', 'used')}, NOT ${isAlive('k')} AS expired,
  ${whileCurrent('k', epochMsOf('k.checked_at'))} AS checked, k.check_outcome, k.check_reason, k.check_by`;

const COLUMNS = `k.provider, k.label, k.key_id, k.hint, k.fingerprint, k.field_names, ${DATES}`;

const HEADER = `substring(k.ciphertext FROM 1 FOR ${HEADER_LENGTH})`;

const REMOVED = 'owner_kind, owner_id, provider, label';

const CHECK_COLUMNS = ['check_outcome', 'check_reason', 'check_by'];

const MILLISECOND = `interval '1 millisecond'`;

/** A value that is noted unless it is unknown and something definite is noted. */
function ifNews(value: string, kept: string): string {
  return `CASE WHEN $6 = 'unknown' AND ${whileCurrent('k', "k.check_outcome <> 'unknown'")} THEN ${kept} ELSE ${value} END`;
}

/** The statements that are not on the hot path of reads. Whether a key has expired, the database's clock says. @internal */
export function keyStatements(name: string) {
  const table = `"${name}"`;
  const owned = 'k.owner_kind = $1 AND k.owner_id = $2';
  const slot = `${owned} AND k.provider = $3 AND k.label = $4`;
  const found = `${owned} AND k.provider = $3 AND ($4::text IS NULL OR k.label = $4)`;
  const aliveFirst = `NOT ${isAlive('k')}, ${byPreference('k')}`;
  const others = `(
      SELECT count(*) FROM ${table} o
      WHERE o.owner_kind = $1 AND o.owner_id = $2 AND (o.provider, o.label) <> ($3, $4) AND ${isAlive('o')}
    )`;
  const written = (statement: string) => everyRowWritten(table, statement);
  const writtenColumns = `${DATES}, ${isDefault(table, 'k', '$4')} AS is_default`;

  const insert = `
    INSERT INTO ${table} AS k
      (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, field_names, expires_at,
        ${CHECK_COLUMNS.join(', ')}, checked_at)
    SELECT $1, $2, $3, $4, $5::bytea, $6::bytea, $7, $8::bytea, $9::text[], $10::timestamptz,
      $12::text, $13::text, $14::text, CASE WHEN $12::text IS NOT NULL THEN now() END
    WHERE ${others} < $11::int`;
  // An expired record is one more: it did not count.
  const replaces = `EXISTS (SELECT 1 FROM ${table} k WHERE ${slot} AND ${isAlive('k')})`;
  // Later than created_at by all means, which tells a replaced record from a new one: "xmax" would not on partitions.
  const changed = `greatest(now()::timestamptz(3), k.updated_at + ${MILLISECOND})`;
  const overwrite = `ON CONFLICT (owner_kind, owner_id, provider, label) DO UPDATE SET
        key_id = excluded.key_id, ciphertext = excluded.ciphertext, hint = excluded.hint,
        fingerprint = excluded.fingerprint, field_names = excluded.field_names, expires_at = excluded.expires_at,
        updated_at = ${changed}, last_used_at = NULL,
        ${CHECK_COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')},
        checked_at = CASE WHEN excluded.check_outcome IS NOT NULL THEN ${changed} END,
        expiring_noticed_at = NULL, unused_noticed_at = NULL`;
  const ofVersion = (column: string, value: string) =>
    `${column} = CASE WHEN $14::boolean THEN ${value} ELSE k.${column} END`;

  const statements = {
    put: written(`${insert} OR ${replaces}
      ${overwrite}
      RETURNING ${writtenColumns}, k.updated_at > k.created_at AS replaced`),
    putIfAbsent: written(`${insert} ${overwrite}, created_at = now(), preferred_at = NULL WHERE NOT ${isAlive('k')}
      RETURNING ${writtenColumns}, false AS replaced`),
    update: written(`UPDATE ${table} k SET
        label = $6, key_id = $7::bytea, ciphertext = $8::bytea, hint = $9, fingerprint = $10::bytea,
        field_names = $11::text[], expires_at = $12::timestamptz,
        ${ofVersion('updated_at', changed)}, last_used_at = CASE WHEN $13::boolean THEN NULL ELSE k.last_used_at END,
        ${CHECK_COLUMNS.map((column, i) => ofVersion(column, `$${16 + i}::text`)).join(', ')},
        ${ofVersion('checked_at', `CASE WHEN $16::text IS NOT NULL THEN ${changed} END`)},
        ${ofVersion('unused_noticed_at', 'NULL')}, expiring_noticed_at = NULL
      WHERE ${slot} AND k.ciphertext = $5::bytea AND (${isAlive('k')} OR ${others} < $15::int)
      RETURNING ${writtenColumns}`),
    dropExpired: written(`DELETE FROM ${table} k WHERE ${slot} AND NOT ${isAlive('k')} RETURNING ${REMOVED}`),
    setDefault: written(`UPDATE ${table} k SET preferred_at = greatest(now()::timestamptz(3), (
          SELECT max(o.preferred_at) + ${MILLISECOND} FROM ${table} o
          WHERE o.owner_kind = $1 AND o.owner_id = $2 AND o.provider = $3
        ))
      WHERE ${slot} AND ${isAlive('k')}
      RETURNING ${COLUMNS}, k.ciphertext, true AS is_default`),
    pinDefaults: written(`UPDATE ${table} k SET preferred_at = now() FROM (
        SELECT DISTINCT ON (k.provider) k.provider, k.label FROM ${table} k
        WHERE ${owned} AND k.provider = ANY ($3::text[]) AND ${isAlive('k')} ORDER BY k.provider, ${byPreference('k')}
      ) AS d
      WHERE ${owned} AND k.provider = d.provider AND k.label = d.label AND k.preferred_at IS NULL
      RETURNING k.provider`),
    noteVerdict: written(`UPDATE ${table} k SET
        ${['$6::text', '$7::text', '$8::text'].map((value, i) => `${CHECK_COLUMNS[i]} = ${ifNews(value, `k.${CHECK_COLUMNS[i]}`)}`).join(', ')},
        checked_at = ${ifNews('greatest(now()::timestamptz(3), k.updated_at)', 'k.checked_at')}
      WHERE ${slot} AND k.ciphertext = $5::bytea
      RETURNING ${COLUMNS}, k.ciphertext, ${isDefault(table, 'k', '$4')} AS is_default`),
    list: `SELECT ${COLUMNS}, CASE WHEN k.provider = ANY ($3::text[]) THEN k.ciphertext ELSE ${HEADER} END AS ciphertext,
        ${isAlive('k')} AND row_number() OVER (PARTITION BY k.provider ORDER BY ${aliveFirst}) = 1 AS is_default
      FROM ${table} k WHERE ${owned}
      ORDER BY k.provider COLLATE "C", k.label COLLATE "C" LIMIT ${everyRow(table)}`,
    readAll: `SELECT ${COLUMNS}, k.ciphertext,
        row_number() OVER (PARTITION BY k.provider ORDER BY ${byPreference('k')}) = 1 AS is_default
      FROM ${table} k WHERE ${owned} AND ${isAlive('k')}
      ORDER BY k.provider COLLATE "C", k.label COLLATE "C" LIMIT ${everyRow(table)}`,
    readRecord: `SELECT ${COLUMNS}, k.ciphertext, ${isDefault(table, 'k', 'k.label')} AS is_default
      FROM ${table} k WHERE ${found} ORDER BY ${aliveFirst} LIMIT ${everyRow(table, '1')}`,
    delete: written(`DELETE FROM ${table} d WHERE d.owner_kind = $1 AND d.owner_id = $2 AND d.provider = $3
      AND d.label = (SELECT k.label FROM ${table} k WHERE ${found} ORDER BY ${aliveFirst} LIMIT 1)
      RETURNING ${REMOVED}`),
    clear: written(`DELETE FROM ${table} k WHERE ${owned} RETURNING ${REMOVED}`),
  };
  const named = Object.entries(statements).map(([key, text]) => [key, { name: `byok_${key}_${name}`, text }]);
  return Object.fromEntries(named) as { [K in keyof typeof statements]: { name: string; text: string } };
}

/** @internal */
export type KeyStatements = ReturnType<typeof keyStatements>;
