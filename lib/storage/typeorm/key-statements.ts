import { epochMs, everyRow, everyRowWritten } from '../../database/index.js';

/** Bytes of a record that tell which key sealed it and whether that key opens it, without the rest. */
const HEADER_LENGTH = 74;

const COLUMNS = `provider, label, key_id, hint, fingerprint, field_names,
  ${epochMs('created_at', 'created')}, ${epochMs('updated_at', 'updated')},
  ${epochMs('expires_at', 'expires')}, ${epochMs('last_used_at', 'used')},
  coalesce(expires_at <= now(), false) AS expired`;

/** What the writer does not know. */
const WRITTEN = `${epochMs('created_at', 'created')}, ${epochMs('updated_at', 'updated')},
  coalesce(expires_at <= now(), false) AS expired`;

const REMOVED = 'owner_kind, owner_id, provider, label';

/** The statements that are not on the hot path of reads. Whether a key has expired is the database's clock's to say. @internal */
export function keyStatements(table: string) {
  const every = everyRow(`"${table}"`);
  const insert = `
    INSERT INTO "${table}" AS k
      (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, field_names, expires_at)
    SELECT $1, $2, $3, $4, $5::bytea, $6::bytea, $7, $8::bytea, $9::text[], $10::timestamptz
    WHERE (
      SELECT count(*) FROM "${table}"
      WHERE owner_kind = $1 AND owner_id = $2 AND (provider, label) <> ($3, $4) AND (expires_at IS NULL OR expires_at > now())
    ) < $11::int`;
  // An expired record is one more: it did not count.
  const replaces = `EXISTS (
      SELECT 1 FROM "${table}"
      WHERE owner_kind = $1 AND owner_id = $2 AND provider = $3 AND label = $4 AND (expires_at IS NULL OR expires_at > now())
    )`;
  // Later than created_at by all means, which tells a replaced record from a new one: "xmax" would not on partitions.
  const overwrite = `ON CONFLICT (owner_kind, owner_id, provider, label) DO UPDATE SET
        key_id = excluded.key_id, ciphertext = excluded.ciphertext, hint = excluded.hint,
        fingerprint = excluded.fingerprint, field_names = excluded.field_names, expires_at = excluded.expires_at,
        updated_at = greatest(now()::timestamptz(3), k.created_at + interval '1 millisecond'), last_used_at = NULL`;
  const listed = `SELECT ${COLUMNS}, substring(ciphertext FROM 1 FOR ${HEADER_LENGTH}) AS ciphertext FROM "${table}"`;
  const owned = 'WHERE owner_kind = $1 AND owner_id = $2';
  const written = (statement: string) => everyRowWritten(`"${table}"`, statement);
  const statements = {
    put: written(`${insert} OR ${replaces}
      ${overwrite}
      RETURNING ${WRITTEN}, updated_at > created_at AS replaced`),
    putIfAbsent: written(`${insert} ${overwrite}, created_at = now() WHERE k.expires_at <= now()
      RETURNING ${WRITTEN}, false AS replaced`),
    list: `${listed} ${owned} ORDER BY provider COLLATE "C", label COLLATE "C" LIMIT ${every}`,
    readAll: `SELECT ${COLUMNS}, ciphertext FROM "${table}" ${owned} AND (expires_at IS NULL OR expires_at > now())
      ORDER BY provider COLLATE "C", label COLLATE "C" LIMIT ${every}`,
    delete: written(`DELETE FROM "${table}" ${owned} AND provider = $3 AND label = $4 RETURNING ${REMOVED}`),
    clear: written(`DELETE FROM "${table}" ${owned} RETURNING ${REMOVED}`),
  };
  const named = Object.entries(statements).map(([name, text]) => [name, { name: `byok_${name}_${table}`, text }]);
  return Object.fromEntries(named) as { [K in keyof typeof statements]: { name: string; text: string } };
}

/** @internal */
export type KeyStatements = ReturnType<typeof keyStatements>;
