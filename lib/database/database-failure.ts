/**
 * SQLSTATEs with which a pooler by transaction answers what belongs to a session: a setting that a connection is opened
 * with, a prepared statement that another server has, and one that it has of somebody else.
 */
const STATES: (string | undefined)[] = ['08P01', '26000', '42P05'];

/** What to write instead, after a failure that tells of a pooler. @internal */
export function poolerHint(state: string | undefined, preparedStatements: boolean): string {
  if (!preparedStatements || !STATES.includes(state)) return '';
  return ". This is what a pooler by transaction answers, such as PgBouncer: write preparedStatements: false in the module's options.";
}

/** What to write instead, after a migration that found another connection's tables. @internal */
export function tablesHint(state: string | undefined): string {
  if (state !== '42P07') return '';
  return ". The tables are there already, made by another connection's migrations: join that one with db: { dataSource }, or write migrationsRun: false and leave them to it.";
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
