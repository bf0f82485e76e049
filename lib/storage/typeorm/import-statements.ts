import { everyRow, everyRowWritten } from '../../database/index.js';
import { byPreference, isAlive } from './default-key.js';

const SLOT = ['owner_kind', 'owner_id', 'provider', 'label'];

/** The columns of a batch, each an array. */
const GIVEN = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::text[], $8::bytea[],
    $9::text[], $10::timestamptz[], $11::timestamptz[], $12::boolean[])
  AS g (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, field_names, expires_at, created_at, is_first)`;

/** A value that says that the writer gave none. */
const NOW = 'now()::timestamptz(3)';

/** The statements of imports, each about a batch of keys of any owners. @internal */
export function importStatements(name: string) {
  const table = `"${name}"`;
  const sameSlot = (a: string, b: string) => SLOT.map((column) => `${a}.${column} = ${b}.${column}`).join(' AND ');
  const statements = {
    // A window in the sub-select has Postgres look for each owner by the primary key, whatever it thinks of their number.
    existing: `SELECT o.n::int, k.* FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS o (owner_kind, owner_id, n)
      CROSS JOIN LATERAL (
        SELECT k.provider, k.label, k.preferred_at IS NOT NULL AS is_chosen,
          row_number() OVER (PARTITION BY k.provider ORDER BY ${byPreference('k')}) = 1 AS is_default
        FROM ${table} k WHERE k.owner_kind = o.owner_kind AND k.owner_id = o.owner_id AND ${isAlive('k')}
      ) AS k LIMIT ${everyRow(table)}`,
    // Rows are locked in the order of the primary key, as everywhere.
    pin: everyRowWritten(
      table,
      `UPDATE ${table} k SET preferred_at = now() FROM (
        SELECT ${SLOT.map((column) => `k.${column}`).join(', ')}
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS g (${SLOT.join(', ')})
        JOIN ${table} k USING (${SLOT.join(', ')}) WHERE k.preferred_at IS NULL
        ORDER BY 1, 2, 3, 4 FOR NO KEY UPDATE OF k
      ) AS d WHERE ${sameSlot('k', 'd')} RETURNING k.provider`,
    ),
    // A row that is overwritten becomes a little later than now, which no new row is: "xmax" would not tell on partitions.
    write: everyRowWritten(
      table,
      `INSERT INTO ${table} AS k
        (${SLOT.join(', ')}, key_id, ciphertext, hint, fingerprint, field_names, expires_at, created_at, preferred_at)
      SELECT ${SLOT.map((column) => `g.${column}`).join(', ')}, g.key_id, g.ciphertext, g.hint, g.fingerprint,
        string_to_array(g.field_names, ','), g.expires_at, least(coalesce(g.created_at, now()), now()),
        CASE WHEN g.is_first THEN now() END
      FROM ${GIVEN} ORDER BY 1, 2, 3, 4
      ON CONFLICT (${SLOT.join(', ')}) DO UPDATE SET
        key_id = excluded.key_id, ciphertext = excluded.ciphertext, hint = excluded.hint,
        fingerprint = excluded.fingerprint, field_names = excluded.field_names, expires_at = excluded.expires_at,
        created_at = CASE WHEN ${isAlive('k')} AND excluded.created_at >= ${NOW} THEN k.created_at ELSE excluded.created_at END,
        updated_at = greatest(${NOW}, k.updated_at) + interval '1 millisecond', last_used_at = NULL,
        preferred_at = CASE WHEN ${isAlive('k')} THEN k.preferred_at ELSE excluded.preferred_at END,
        check_outcome = NULL, check_reason = NULL, check_by = NULL, checked_at = NULL,
        expiring_noticed_at = NULL, unused_noticed_at = NULL
      WHERE $13::boolean OR NOT ${isAlive('k')}
      RETURNING ${SLOT.map((column) => `k.${column}`).join(', ')}, k.updated_at > ${NOW} AS overwritten`,
    ),
  };
  const named = Object.entries(statements).map(([key, text]) => [key, { name: `byok_import_${key}_${name}`, text }]);
  return Object.fromEntries(named) as { [K in keyof typeof statements]: { name: string; text: string } };
}

/** @internal */
export type ImportStatements = ReturnType<typeof importStatements>;
