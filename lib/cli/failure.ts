import { GENERATE_COMMAND } from '../crypto/index.js';
import { explainFailure, nameOf, reasonOf } from '../database/index.js';
import { ByokError, ConfigurationError, KeyWrapperError, StorageError } from '../errors/index.js';
import { CliError } from './cli-error.js';

/** A failure as the operator reads it. @internal */
export interface Failure {
  message: string;
  advice?: string;
}

const KMS_REFUSED =
  "Fix it in the service: its key, and what it lets this wrapper's token or role do. See docs/kms.md of the package.";
const KMS_AWAY =
  'See that the service runs and can be reached from here, and try again. Nothing was changed; see "In an outage" in docs/kms.md of the package.';
const NOTHING_LOST = 'What is done is done, and nothing is lost.';
const TOO_SLOW = `See what keeps the database busy and try again. ${NOTHING_LOST} A smaller --batch makes the statements of a rotation shorter.`;

const NO_ANSWER: Failure = {
  message: 'The database did not answer in time, or the connection to it was lost.',
  advice: TOO_SLOW,
};

/** Failures that pass, after which a command goes on where it was. */
const PASSING = new Set(['08', '53', '53100', '57', 'ECONNRESET']);

/** What the operator does instead of what an application's author does. */
const OWN_ADVICE: Record<string, string> = {
  '42703': 'Is that the name of the table (--table)? Else run the missing migrations: npx nestjs-byok migrate',
  '54': 'Write a smaller --batch.',
  '57014': TOO_SLOW,
};

const WORKER: Failure = {
  message: 'The worker thread that re-encrypts failed (ERR_WORKER).',
  advice: `Start the rotation again. ${NOTHING_LOST} If it fails again, let the process have more memory, or write a smaller --batch.`,
};

/** One or two lines without a stack, a password, a secret or a value. @internal */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) return { message: error.message, advice: error.advice };
  if (error instanceof StorageError && error.reason === undefined) return NO_ANSWER;
  if (error instanceof KeyWrapperError) {
    return { message: error.message, advice: error.refused ? KMS_REFUSED : KMS_AWAY };
  }
  if (error instanceof ConfigurationError) return { message: forOperators(error.message) };
  if (error instanceof ByokError && !(error instanceof StorageError)) return { message: error.message };
  const reason = reasonOf(error);
  if (reason === 'ERR_WORKER') return WORKER;
  const known = explainFailure(error, 'DATABASE_URL');
  if (known) {
    const { cause, message, advice } = known;
    return { message, advice: OWN_ADVICE[cause] ?? (PASSING.has(cause) ? `${advice} ${NOTHING_LOST}` : advice) };
  }
  if (reason !== undefined) {
    return { message: `The database refused or failed (${reason}).`, advice: `Try again. ${NOTHING_LOST}` };
  }
  return { message: `It failed for an unknown reason (${nameOf(error)}).` };
}

/** Options have other names on the command line. @internal */
export function forOperators(message: string): string {
  return message
    .replace(
      /The options 'secret\[(\d+)\]' and 'secret\[(\d+)\]'/,
      (_, one: string, other: string) => `The secrets number ${Number(one) + 1} and ${Number(other) + 1}`,
    )
    .replace(
      /The wrappers 'secret\[(\d+)\]' and 'secret\[(\d+)\]'/,
      (_, one: string, other: string) => `The wrappers number ${Number(one) + 1} and ${Number(other) + 1}`,
    )
    .replace(/^secret: (.)/, (_, first: string) => first.toUpperCase())
    .replace('write { passphrase, salt } instead', 'let a module give { passphrase, salt }: --secret-module <path>')
    .replace("to the array 'secret', behind the new one", 'to the secret module, behind the new one')
    .replace(GENERATE_COMMAND, 'npx nestjs-byok generate-secret');
}
