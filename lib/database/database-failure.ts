/**
 * SQLSTATEs with which a pooler by transaction answers what belongs to a session: a setting that a connection is opened
 * with, a prepared statement that another server has, and one that it has of somebody else.
 */
const STATES: (string | undefined)[] = ['08P01', '26000', '42P05'];

/** What to write instead, after a failure that tells of a pooler. @internal */
export function poolerHint(state: string | undefined, preparedStatements: boolean): string {
  if (!preparedStatements || !STATES.includes(state)) return '';
  return ". A pooler in transaction mode, such as PgBouncer, causes this: set the module's option preparedStatements to false.";
}

/** What to write instead, after a migration that found another connection's tables. @internal */
export function tablesHint(state: string | undefined): string {
  if (state !== '42P07') return '';
  return ". The tables exist already, created by another connection's migrations: join that connection with db: { dataSource }, or set migrationsRun to false.";
}

/** No answer in time. @internal */
export class DatabaseTimeout extends Error {
  override readonly name = 'DatabaseTimeout';
}

/** SQLSTATE or errno and nothing of the statement. @internal */
export function describeFailure(error: unknown): string {
  const { name } = (error ?? {}) as { name?: unknown };
  return [name, codeOf(error)].filter((part) => typeof part === 'string').join(' ');
}

/** @internal */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
