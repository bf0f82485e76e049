/** SQL for whether a record has not expired, by the database's clock. @internal */
export function isAlive(k: string): string {
  return `(${k}.expires_at IS NULL OR ${k}.expires_at > now())`;
}

/** SQL of an order in which the default key comes first among the keys of one owner and provider that are alive. @internal */
export function byPreference(k: string): string {
  return `${k}.preferred_at DESC NULLS LAST, ${k}.label <> 'default', ${k}.created_at, ${k}.label COLLATE "C"`;
}

/**
 * SQL for whether a row is the default key: none of the others that are alive comes first in the order above.
 *
 * @param label - The row's label before the statement that writes it: a sub-select sees the row as it was.
 * @internal
 */
export function isDefault(table: string, k: string, label: string): string {
  const rank = (row: string) =>
    `(${row}.preferred_at IS NULL, -coalesce(extract(epoch FROM ${row}.preferred_at), 0), ${row}.label <> 'default', ${row}.created_at, ${row}.label COLLATE "C")`;
  return `(${isAlive(k)} AND NOT EXISTS (
    SELECT 1 FROM ${table} o
    WHERE o.owner_kind = ${k}.owner_kind AND o.owner_id = ${k}.owner_id AND o.provider = ${k}.provider
      AND o.label <> ${label} AND ${isAlive('o')} AND ${rank('o')} < ${rank(k)}
  ))`;
}
