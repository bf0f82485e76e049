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
