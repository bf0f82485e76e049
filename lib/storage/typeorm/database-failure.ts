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
