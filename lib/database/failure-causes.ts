import { ByokError, StorageError } from '../errors/index.js';

/** Why a database cannot be used, and what to do about it. Nothing in it comes from a statement, a URL or a password. @internal */
export interface FailureCause {
  /** The entry of the table. */
  cause: string;
  message: string;
  advice: string;
}

const AGAIN = 'Make sure that the database is running, then try again.';

/** By SQLSTATE, or by the connection's errno or name; the longest beginning that fits. `{url}` is where the URL is given. */
const CAUSES: Record<string, [message: string, advice: string]> = {
  '08': ['The connection to the database was lost.', AGAIN],
  '22P02': [
    'Row level security hides rows from the database role.',
    'See "Row level security" in docs/operations.md of the package.',
  ],
  '25006': [
    'The database is read-only: it is a standby, or the role may only read.',
    'Let {url} name the primary server, and a role that may write.',
  ],
  '28': [
    'The database refused the user or the password.',
    'Check both in {url}; special characters must be percent-encoded. If the server requires TLS, add sslmode=require.',
  ],
  '3D000': ['There is no database of that name.', 'Check the name at the end of {url}, or create the database.'],
  '42501': [
    'The database role may not do this.',
    'The rights that a role needs are in docs/operations.md of the package, under "Database roles".',
  ],
  '42P01': ['A table is missing.', 'Create it: npx nestjs-byok migrate'],
  '42P07': [
    'A table is there already: migrations of another connection made it.',
    "Run that connection's migrations: the application's own, with byokMigrations among them.",
  ],
  '42703': [
    'The table does not have the columns it should have.',
    'Run the missing migrations: npx nestjs-byok migrate',
  ],
  '53': ['The database is out of connections, memory or disk.', AGAIN],
  '53100': ["The database's disk is full.", 'Make room, then try again.'],
  '54': ['A statement was too large for the database.', 'Use smaller batches.'],
  '57': ['The database is shutting down or starting.', AGAIN],
  '57014': ['The database took too long.', 'Find out what keeps the database busy, then try again.'],
  EACCES: [
    'The socket, or a file of certificates, may not be used.',
    'Let the user that runs this process do so, or check the paths in {url}.',
  ],
  ECONNREFUSED: [
    'Nothing listens there.',
    'Make sure that the database is running, and check the host and port in {url}.',
  ],
  ECONNRESET: ['The connection to the database was lost.', AGAIN],
  ENOENT: [
    'There is no such socket, or no such file of certificates.',
    'Make sure that the database is running, and check the paths in {url}: host, sslrootcert, sslcert, sslkey.',
  ],
  ENOTFOUND: ['There is no host of that name.', 'Check the host in {url}.'],
  EAI_AGAIN: ['The name of the host could not be looked up.', 'Check the host in {url}, and the network.'],
  ETIMEDOUT: [
    'The database did not answer in time.',
    'Check the host and port in {url}, and that a firewall lets the connection through.',
  ],
  EHOSTUNREACH: ['The host cannot be reached.', 'Check the network and the host in {url}.'],
  ENETUNREACH: ['The host cannot be reached.', 'Check the network and the host in {url}.'],
  ERR_INVALID_URL: [
    'The URL is not valid.',
    'Percent-encode special characters in the user and the password of {url}: # is %23, % is %25, / is %2F.',
  ],
  CERT: [
    "The database server's certificate is not trusted.",
    'Name its authority: NODE_EXTRA_CA_CERTS=/path/to/ca.pem, with sslmode=verify-full in {url}.',
  ],
  CERT_HAS_EXPIRED: ["The database server's certificate has expired.", 'Renew it on the server.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "The database server's certificate is for another host name.",
    'Connect by the name in the certificate: check the host in {url}.',
  ],
  NO_TLS: [
    'The server does not speak TLS, which sslmode in {url} asks for.',
    'Set up TLS on the server. Only if nobody can listen, on one machine or in a network that encrypts, use sslmode=disable.',
  ],
  NO_PASSWORD: ['The database asks for a password, and none is given.', 'Add it to {url}.'],
  NO_DRIVER: ['The Postgres driver is not installed.', 'Install it: npm install pg'],
};

/** Failures of the driver that have no code. */
const TEXTS: [RegExp, string][] = [
  [/does not support SSL/, 'NO_TLS'],
  [/client password must be a string|password must be a non-empty string/, 'NO_PASSWORD'],
  [/timeout/i, 'ETIMEDOUT'],
  [/Connection terminated|Connection ended/i, 'ECONNRESET'],
];

const NAMES: Record<string, string> = {
  URIError: 'ERR_INVALID_URL',
  DriverPackageNotInstalledError: 'NO_DRIVER',
};

/**
 * Why the database could not be used.
 *
 * @param url - Where the URL is given, for the text.
 * @returns `undefined` if the error says nothing that is known
 * @internal
 */
export function explainFailure(error: unknown, url: string): FailureCause | undefined {
  const reason = reasonOf(error);
  if (reason === undefined) return undefined;
  const cause = causeOf(reason);
  if (cause === undefined) return undefined;
  const [message, advice] = CAUSES[cause].map((text) => text.replace('{url}', url));
  const isOurs = cause === reason && /^NO_/.test(reason);
  return { cause, message: isOurs ? message : message.replace(/\.$/, ` (${reason}).`), advice };
}

/** SQLSTATE, errno or name of a failure, as {@link explainFailure} reads it. @internal */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof StorageError) return error.reason;
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof name === 'string' && Object.hasOwn(NAMES, name)) return NAMES[name];
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? TEXTS.find(([text]) => text.test(message))?.[1] : undefined;
}

function causeOf(reason: string): string | undefined {
  const beginnings = Object.keys(CAUSES).filter((beginning) => reason.startsWith(beginning));
  const [longest] = beginnings.sort((a, b) => b.length - a.length);
  return longest ?? (/CERT|SIGNATURE|ALTNAME/.test(reason) ? 'CERT' : undefined);
}

const explained = new WeakSet<object>();

/**
 * The error that stops the start of an application: it says why it failed.
 *
 * @param hint - What to do instead of the table's advice.
 * @internal
 */
export function explainStart(error: unknown, hint?: string): unknown {
  if (error instanceof ByokError && (!(error instanceof StorageError) || explained.has(error))) return error;
  const reason = reasonOf(error);
  // A failure of ours without a reason is a time-out.
  const explanation = explainFailure(
    error instanceof StorageError ? { code: reason ?? 'ETIMEDOUT' } : error,
    "the option 'db'",
  );
  const message = explanation?.message ?? `It failed for an unknown reason (${reason ?? nameOf(error)}).`;
  const advice = hint ?? explanation?.advice ?? 'See the log.';
  const failure = new StorageError(`Cannot use the database of stored keys. ${message} ${advice}`, reason);
  explained.add(failure);
  return failure;
}

/** The name of an error, or the type of what was thrown instead of one. @internal */
export function nameOf(error: unknown): string {
  const { name } = (error ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name : typeof error;
}
