import { checkTableName, databaseUrlFault } from '../options/index.js';
import { CliError } from './cli-error.js';

export const DEFAULT_TABLE = 'user_api_keys';

/** The options that every command takes. @internal */
export interface GlobalOptions {
  json?: boolean;
  table: string;
  secretFile?: string;
  secretModule?: string;
}

const HOW_TO_GIVE_THE_DATABASE = 'Set DATABASE_URL in the environment: postgres://user:password@host:5432/database';

/** Words that stand for what must not be an argument, where every process of the machine can read it. */
const PRIVATE_OPTION = /^--?(byok-?)?(secrets?|password|passphrase|database-?url|db-?url|database|url|db)(=|$)/i;
const PRIVATE_VALUE = /byok_[\w-]{20}|^postgres(ql)?:\/\/|:\/\/[^/]*@/i;

/** @throws CliError if a secret or a URL is an argument; it never quotes it @internal */
export function refusePrivateArguments(args: readonly string[]): void {
  if (!args.some((arg) => PRIVATE_OPTION.test(arg) || PRIVATE_VALUE.test(arg))) return;
  throw new CliError(
    'Secrets and database URLs are never given as arguments: every process of the machine can read those, and the shell keeps them. Treat one that was as leaked.',
    `Set BYOK_SECRET (or write --secret-file <path>) and DATABASE_URL in the environment.`,
  );
}

/** @throws CliError @internal */
export function databaseUrl(): string {
  const url = process.env.DATABASE_URL?.trim();
  if (!url) throw new CliError('DATABASE_URL is not set.', HOW_TO_GIVE_THE_DATABASE);
  const fault = databaseUrlFault(url);
  if (fault !== undefined || !URL.canParse(url)) {
    throw new CliError(`DATABASE_URL ${fault ?? 'is not a valid Postgres URL.'}`, HOW_TO_GIVE_THE_DATABASE);
  }
  return url;
}

/** The name of the table of keys. @throws ConfigurationError @internal */
export function tableName({ table }: GlobalOptions): string {
  return checkTableName(table, '--table');
}
