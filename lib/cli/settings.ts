import { readFileSync, statSync } from 'node:fs';
import { checkTableName } from '../byok.option-checks.js';
import { EncryptionService } from '../crypto/index.js';
import { ConfigurationError } from '../errors/index.js';
import { CliError } from './cli-error.js';
import { forOperators } from './failure.js';

/** The options that every command takes. @internal */
export interface GlobalOptions {
  json?: boolean;
  table: string;
  secretFile?: string;
}

const HOW_TO_GIVE_SECRETS =
  'Set BYOK_SECRET in the environment (several: comma-separated, newest first), or write --secret-file <path> (one a line).';
const HOW_TO_GIVE_THE_DATABASE = 'Set DATABASE_URL in the environment: postgres://user:password@host:5432/database';
/** Any permission of those who are neither the owner nor of the file's group. */
const OF_OTHERS = 0o007;

/** Words that stand for what must not be an argument, where every process of the machine can read it. */
const PRIVATE_OPTION = /^--?(byok-?)?(secrets?|password|passphrase|database-?url|db-?url|database|url|db)(=|$)/i;
const PRIVATE_VALUE = /byok_[\w-]{20}|^postgres(ql)?:\/\/|:\/\/[^/]*@/i;

/** @throws {CliError} where a secret or a URL is an argument; it never quotes it @internal */
export function refusePrivateArguments(args: readonly string[]): void {
  if (!args.some((arg) => PRIVATE_OPTION.test(arg) || PRIVATE_VALUE.test(arg))) return;
  throw new CliError(
    'Secrets and database URLs are never given as arguments: every process of the machine can read those, and the shell keeps them. Treat one that was as leaked.',
    `Set BYOK_SECRET (or write --secret-file <path>) and DATABASE_URL in the environment.`,
  );
}

/** @throws {CliError} @internal */
export function databaseUrl(): string {
  const url = process.env.DATABASE_URL?.trim();
  if (!url) throw new CliError('DATABASE_URL is not set.', HOW_TO_GIVE_THE_DATABASE);
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new CliError(
      'DATABASE_URL is no Postgres URL.',
      `${HOW_TO_GIVE_THE_DATABASE} (special characters of the password percent-encoded)`,
    );
  }
  return url;
}

/** The name of the table of keys. @throws {ConfigurationError} @internal */
export function tableName({ table }: GlobalOptions): string {
  return checkTableName(table, '--table');
}

/** The texts of the given secrets, newest first. @throws {CliError} @internal */
export function givenSecrets({ secretFile }: GlobalOptions): { text: string; name: string }[] {
  if (secretFile !== undefined) return secretsOfFile(secretFile);
  const given = process.env.BYOK_SECRET;
  if (!given?.trim()) throw new CliError('No secret is given.', HOW_TO_GIVE_SECRETS);
  const texts = given.split(',');
  return texts.map((text, i) => ({
    text: text.trim(),
    name: texts.length === 1 ? 'BYOK_SECRET' : `BYOK_SECRET, number ${i + 1},`,
  }));
}

/**
 * The given secrets, each looked at.
 *
 * @throws {CliError} for the first that will not do
 * @throws {ConfigurationError} where two are the same
 * @internal
 */
export function checkedSecrets(options: GlobalOptions): string[] {
  const secrets = givenSecrets(options);
  for (const secret of secrets) {
    const fault = faultOf(secret);
    if (fault) throw fault;
  }
  const texts = secrets.map(({ text }) => text);
  // Two that are the same are a fault of neither.
  new EncryptionService(texts);
  return texts;
}

/** What is wrong with a secret. @internal */
export function faultOf({ text, name }: { text: string; name: string }): CliError | undefined {
  try {
    new EncryptionService(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [fault, advice] = forOperators(error.message).split(/ (?=A good one is )/);
    return new CliError(fault.replace("The option 'secret'", name), advice);
  }
}

function secretsOfFile(path: string): { text: string; name: string }[] {
  const lines = readSecretFile(path).split(/\r?\n/);
  const secrets = lines
    .map((line, i) => ({ text: line.trim(), name: `Line ${i + 1} of the secret file` }))
    .filter(({ text }) => text !== '');
  if (secrets.length === 0) {
    throw new CliError('The secret file is empty.', 'Write one secret a line into it, the newest first.');
  }
  return secrets;
}

function readSecretFile(path: string): string {
  try {
    const file = statSync(path);
    if (file.isFile() && process.platform !== 'win32' && file.mode & OF_OTHERS) {
      throw new CliError(
        'The secret file can be read or changed by every user of the machine.',
        'Take that away: chmod 600 on the file (a mounted secret: mode 0400).',
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `The secret file cannot be read (${code ?? 'unknown'}).`,
      'Write --secret-file and the path of a file with one secret a line, the newest first.',
    );
  }
}
