/**
 * SQL of a value that is about what was said of a key, `NULL` if that was about an earlier version of it: an instance of an
 * older version of this library, which does not know these columns, may have replaced the key.
 *
 * @internal
 */
export function whileCurrent(k: string, value: string): string {
  return `CASE WHEN ${k}.checked_at >= ${k}.updated_at THEN ${value} END`;
}

/** SQL for `FoundKey.doubt`. @internal */
export function doubtOf(k: string): string {
  const isDoubt = `${k}.check_outcome = 'refused' OR ${k}.check_outcome = 'accepted' AND ${k}.check_reason IS NOT NULL`;
  return `CASE WHEN ${k}.checked_at >= ${k}.updated_at AND (${isDoubt}) THEN ${k}.check_outcome END`;
}
