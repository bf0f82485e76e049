/** What Postgres says where {@link everyRow} fails: it stands in the server's log and in the driver's error. */
const HIDDEN = 'hidden by row level security';

/** SQLSTATE with which {@link everyRow} fails. @internal */
export const ROWS_HIDDEN = '22P02';

/**
 * For the `LIMIT` of a statement's outermost `SELECT`: none where the role sees every row of the tables, and otherwise the
 * statement fails. Row level security would leave rows out without an error, which reads as "no key".
 *
 * `SET row_security = off` does the same for a session. This also holds on a connection that the application shares, and
 * behind a pooler in transaction mode. In a `WHERE`, the planner would remove it together with the rows.
 *
 * @param tables - As SQL names them.
 * @param limit - SQL of a limit that the statement has anyway.
 * @internal
 */
export function everyRow(tables: string | readonly string[], limit = 'NULL'): string {
  const cases = [tables].flat().map((table) => {
    const name = `'${table.replaceAll("'", "''")}'`;
    return `WHEN row_security_active(${name}::regclass) THEN 'Rows of ' || ${name} || ' are ${HIDDEN}.'`;
  });
  return `(CASE ${cases.join(' ')} ELSE (${limit})::text END)::bigint`;
}

/** The same for a statement that writes, with the columns that it returns. @internal */
export function everyRowWritten(table: string, statement: string): string {
  return `WITH written AS (${statement}) SELECT * FROM written LIMIT ${everyRow(table)}`;
}

/** What to do about it. @internal */
export const HIDDEN_ROWS =
  'Row level security hides rows from the database role, so stored keys would seem to be missing. Let that role own the tables, without FORCE ROW LEVEL SECURITY, or run ALTER ROLE … BYPASSRLS.';

/** Whether a statement failed because of {@link everyRow}. @internal */
export function isHidingRows(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === ROWS_HIDDEN && typeof message === 'string' && message.includes(HIDDEN);
}
