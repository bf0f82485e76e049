import { CliError } from './cli-error.js';

export const DEFAULT_TABLE = 'user_api_keys';

/** The options that every command takes. @internal */
export interface GlobalOptions {
  json?: boolean;
  table: string;
  secretFile?: string;
  secretModule?: string;
}

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

/** Takes what could be a secret out of a text that repeats what was typed. @internal */
export function scrub(text: string): string {
  return text
    .replace(/byok_[\w-]+/g, '[REDACTED]')
    .replace(/\S*:\/\/\S*/g, '[REDACTED]')
    .replace(/('-{1,2}[\w-]+)=.*?'/gs, "$1'")
    .replace(/[A-Za-z0-9+/_=-]{32,}/g, '[REDACTED]');
}
