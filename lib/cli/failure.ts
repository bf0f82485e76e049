import { GENERATE_COMMAND } from '../crypto/index.js';
import { ByokError, ConfigurationError, KeyWrapperError, StorageError } from '../errors/index.js';
import { CliError } from './cli-error.js';

/** A failure as the operator reads it. @internal */
export interface Failure {
  message: string;
  advice?: string;
}

const GRANTS = 'Which rights a role needs is told in docs/operations.md of the package, under "Database roles".';
const KMS_REFUSED =
  "Mend it with the service: its key, and what it lets this wrapper's token or role do. See docs/kms.md of the package.";
const KMS_AWAY =
  'See that the service runs and can be reached from here, and try again. Nothing was changed; see "In an outage" in docs/kms.md of the package.';
const TRY_LATER = 'See that the database runs and try again: what is done is done, and nothing is lost.';
const TOO_SLOW =
  'See what keeps the database busy and try again: what is done is done, and nothing is lost. A smaller --batch makes the statements of a rotation shorter.';

const NO_ANSWER: Failure = {
  message: 'The database did not answer in time, or the connection to it was lost.',
  advice: TOO_SLOW,
};
const NO_TLS: Failure = {
  message: 'The server does not speak TLS, which sslmode in DATABASE_URL asks for.',
  advice:
    'Set up TLS on the server. Only where nobody can listen, on one machine or in a network that encrypts, write sslmode=disable instead.',
};

/** By SQLSTATE, or by errno of the connection; the longest beginning that fits. */
const REASONS: Record<string, Failure> = {
  '08': { message: 'The connection to the database was lost.', advice: TRY_LATER },
  '25006': {
    message: 'The database is read-only: it is a standby, or the role may only read.',
    advice: 'Let DATABASE_URL name the primary server, and a role that may write.',
  },
  '28': {
    message: 'The database refused the user or the password.',
    advice: 'Check both in DATABASE_URL; special characters of a password are percent-encoded.',
  },
  '3D000': {
    message: 'There is no database of that name.',
    advice: 'Check the name at the end of DATABASE_URL, or create the database.',
  },
  '42501': { message: 'The database role may not do this.', advice: GRANTS },
  '42P01': { message: 'A table is missing.', advice: 'Make it: npx nestjs-byok migrate' },
  '42P07': {
    message: 'A table is there already: migrations of another connection made it.',
    advice: "Run that connection's migrations: the application's own, with byokMigrations among them.",
  },
  '42703': {
    message: 'The table does not have the columns it should have.',
    advice: 'Is that the name of the table (--table)? Else run what migrations are missing: npx nestjs-byok migrate',
  },
  '53': { message: 'The database is out of connections, memory or disk.', advice: TRY_LATER },
  '53100': {
    message: "The database's disk is full.",
    advice: 'Make room and try again: what is done is done, and nothing is lost.',
  },
  '54': { message: 'A statement was too large for the database.', advice: 'Write a smaller --batch.' },
  '57': { message: 'The database is shutting down or starting.', advice: TRY_LATER },
  '57014': { message: 'The database took too long.', advice: TOO_SLOW },
  EACCES: {
    message: 'The socket, or a file of certificates, may not be used.',
    advice: 'Let the user that runs this command do so, or check the paths in DATABASE_URL.',
  },
  ECONNREFUSED: {
    message: 'Nothing listens there.',
    advice: 'See that the database runs, and check host and port of DATABASE_URL.',
  },
  ECONNRESET: { message: 'The connection to the database was lost.', advice: TRY_LATER },
  ERR_WORKER: {
    message: 'The worker thread that re-encrypts failed.',
    advice:
      'Start the rotation again: what is done is done. If it fails again, let the process have more memory, or write a smaller --batch.',
  },
  ENOENT: {
    message: 'There is no such socket, or no such file of certificates.',
    advice: 'See that the database runs, and check the paths in DATABASE_URL: host, sslrootcert, sslcert, sslkey.',
  },
  ENOTFOUND: { message: 'There is no host of that name.', advice: 'Check the host in DATABASE_URL.' },
  EAI_AGAIN: { message: 'The name of the host could not be looked up.', advice: 'Check the host in DATABASE_URL.' },
  ETIMEDOUT: {
    message: 'The database did not answer in time.',
    advice: 'Check host and port of DATABASE_URL, and that a firewall lets you through.',
  },
  EHOSTUNREACH: { message: 'The host cannot be reached.', advice: 'Check the network and the host in DATABASE_URL.' },
  CERT: {
    message: "The database server's certificate is not trusted.",
    advice: 'Give its authority: NODE_EXTRA_CA_CERTS=/path/to/ca.pem, and sslmode=verify-full in DATABASE_URL.',
  },
};

/** One or two lines without a stack, a password, a secret or a value. @internal */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) return { message: error.message, advice: error.advice };
  if (error instanceof StorageError) return ofReason(error.reason) ?? NO_ANSWER;
  if (error instanceof KeyWrapperError) {
    return { message: error.message, advice: error.refused ? KMS_REFUSED : KMS_AWAY };
  }
  if (error instanceof ConfigurationError) return { message: forOperators(error.message) };
  if (error instanceof ByokError) return { message: error.message };
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof message === 'string' && /does not support SSL/.test(message)) return NO_TLS;
  const known = ofReason(typeof code === 'string' ? code : reasonOfText(message));
  if (known) return known;
  return { message: `It failed for an unknown reason (${typeof name === 'string' ? name : typeof error}).` };
}

function ofReason(reason: string | undefined): Failure | undefined {
  if (reason === undefined) return undefined;
  const certificate = /CERT|SIGNATURE|ALTNAME/.test(reason) ? 'CERT' : reason;
  const found = Object.keys(REASONS)
    .filter((beginning) => certificate.startsWith(beginning))
    .sort((a, b) => b.length - a.length)[0];
  if (!found) return { message: `The database refused or failed (${reason}).`, advice: TRY_LATER };
  const { message, advice } = REASONS[found];
  return { message: message.replace(/\.$/, ` (${reason}).`), advice };
}

/** Some failures of the driver have no code. */
function reasonOfText(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  if (/timeout/i.test(message)) return 'ETIMEDOUT';
  if (/Connection terminated|Connection ended/i.test(message)) return 'ECONNRESET';
  return undefined;
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

/** Takes what could be a secret out of a text that repeats what was typed. @internal */
export function scrub(text: string): string {
  return text
    .replace(/byok_[\w-]+/g, '[REDACTED]')
    .replace(/\S*:\/\/\S*/g, '[REDACTED]')
    .replace(/('-{1,2}[\w-]+)=.*?'/gs, "$1'")
    .replace(/[A-Za-z0-9+/_=-]{32,}/g, '[REDACTED]');
}
