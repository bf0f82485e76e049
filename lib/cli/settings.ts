import { checkTableName, databaseUrlFault } from '../options/index.js';
import { parseUrl } from '../validation/index.js';
import type { GlobalOptions } from './arguments.js';
import { CliError } from './cli-error.js';

const HOW_TO_GIVE_THE_DATABASE = 'Set DATABASE_URL in the environment: postgres://user:password@host:5432/database';

/** @throws CliError @internal */
export function databaseUrl(): string {
  const url = process.env.DATABASE_URL?.trim();
  if (!url) throw new CliError('DATABASE_URL is not set.', HOW_TO_GIVE_THE_DATABASE);
  const fault = databaseUrlFault(url);
  if (fault !== undefined || !parseUrl(url)) {
    throw new CliError(`DATABASE_URL ${fault ?? 'is not a valid Postgres URL.'}`, HOW_TO_GIVE_THE_DATABASE);
  }
  return url;
}

/** The name of the table of keys. @throws ConfigurationError @internal */
export function tableName({ table }: GlobalOptions): string {
  return checkTableName(table, '--table');
}
