import { readFileSync, statSync } from 'node:fs';
import { Keyring } from '../crypto/index.js';
import { ConfigurationError } from '../errors/index.js';
import type { SecretOption } from '../interfaces/index.js';
import { CliError } from './cli-error.js';
import { forOperators } from './failure.js';
import { loadSecretModule } from './operator-module.js';
import type { GlobalOptions } from './arguments.js';

const HOW_TO_GIVE_SECRETS =
  'Set BYOK_SECRET in the environment (several: comma-separated, newest first), or write --secret-file <path> (one a line). Where a key management service keeps it: --secret-module <path>, or BYOK_SECRET_MODULE.';
/** Any permission of those who are neither the owner nor of the file's group. */
const OF_OTHERS = 0o007;

/** One of the given secrets, and what a message calls it. @internal */
export interface GivenSecret {
  secret: SecretOption;
  name: string;
}

/** The given secrets, newest first; what is named by an option before what is in the environment. @throws CliError @internal */
export async function givenSecrets({ secretFile, secretModule }: GlobalOptions): Promise<GivenSecret[]> {
  if (secretFile !== undefined) return secretsOfFile(secretFile);
  // Before BYOK_SECRET, which the module may read itself.
  const path = secretModule ?? process.env.BYOK_SECRET_MODULE?.trim();
  if (path) return secretsOfModule(path);
  const given = process.env.BYOK_SECRET;
  if (!given?.trim()) throw new CliError('No secret is given.', HOW_TO_GIVE_SECRETS);
  const texts = given.split(',');
  return texts.map((text, i) => ({
    secret: text.trim(),
    name: texts.length === 1 ? 'BYOK_SECRET' : `BYOK_SECRET, number ${i + 1},`,
  }));
}

/**
 * The given secrets, each looked at.
 *
 * @throws CliError for the first that will not do
 * @throws ConfigurationError if two are the same
 * @internal
 */
export async function checkedSecrets(options: GlobalOptions): Promise<SecretOption[]> {
  const secrets = await givenSecrets(options);
  for (const secret of secrets) {
    const fault = faultOf(secret);
    if (fault) throw fault;
  }
  const all = secrets.map(({ secret }) => secret);
  // Two that are the same are a fault of neither.
  if (all.length > 1) new Keyring(all);
  return all;
}

/** What is wrong with a secret. @internal */
export function faultOf({ secret, name }: GivenSecret): CliError | undefined {
  try {
    new Keyring(secret);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [fault, advice] = forOperators(error.message).split(/ (?=A good one is )/);
    return new CliError(
      fault
        .replace("The option 'secret'", name)
        .replace("The id of the wrapper 'secret'", `${name.replace(/,$/, '')}: its id`),
      advice,
    );
  }
}

async function secretsOfModule(path: string): Promise<GivenSecret[]> {
  // Of any type: what it is is looked at next, with the rest.
  const given = (await loadSecretModule(path)) as SecretOption | SecretOption[];
  if (!Array.isArray(given)) return [{ secret: given, name: `The default export of ${path}` }];
  if (given.length > 0) {
    return given.map((secret, i) => ({ secret, name: `The default export of ${path}, number ${i + 1},` }));
  }
  throw new CliError(`The default export of ${path} is an empty array.`, 'Put at least one secret or wrapper into it.');
}

function secretsOfFile(path: string): GivenSecret[] {
  const lines = readSecretFile(path).split(/\r\n?|\n/);
  const secrets = lines
    // With commas too, as what stands in BYOK_SECRET has them.
    .flatMap((line, i) =>
      line.split(',').map((text) => ({ secret: text.trim(), name: `Line ${i + 1} of the secret file` })),
    )
    .filter(({ secret }) => secret !== '');
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
