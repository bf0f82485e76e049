import { type Connection, hostOf } from '../connection.js';
import { check, type Check } from './check.js';

const OLDEST_VERSION = 14;
/** Milliseconds of difference between the clocks that no one notices, but for keys that live for seconds. */
const CLOCK_TOLERANCE = 2_000;
const LOCAL = /^(localhost|127\.|\[?::1\]?$)/;

/** Whether the server answers, may be written to, and is one of those the library is made for. @internal */
export async function checkServer(client: Connection, url: URL): Promise<Check[]> {
  const begun = performance.now();
  const before = Date.now();
  interface Facts {
    version: number;
    version_text: string;
    now: number;
    standby: boolean;
    read_only: string;
    port: number | null;
    ssl: boolean | null;
  }
  const { rows } = await client.query<Facts>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_text,
      extract(epoch FROM clock_timestamp())::float8 * 1000 AS now, pg_is_in_recovery() AS standby,
      current_setting('default_transaction_read_only') AS read_only, inet_server_port() AS port,
      (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS ssl`,
  );
  const took = performance.now() - begun;
  const [facts] = rows;
  return [
    facts.standby || facts.read_only === 'on'
      ? check(
          'database',
          'fail',
          `It answers in ${took.toFixed(0)} ms, but it is read-only.`,
          'Let DATABASE_URL name the primary server, and a role that may write.',
        )
      : check('database', 'ok', `It answers in ${took.toFixed(0)} ms.`),
    checkVersion(facts.version, facts.version_text),
    checkTls(url, facts.ssl),
    checkPooler(url, facts.port),
    checkClock(facts.now - (before + took / 2)),
  ];
}

function checkVersion(number: number, text: string): Check {
  const version = `PostgreSQL ${text.split(' ')[0]}`;
  if (Math.floor(number / 10_000) >= OLDEST_VERSION) return check('version', 'ok', `${version}.`);
  return check(
    'version',
    'warn',
    `${version} is no longer maintained.`,
    `Update to PostgreSQL ${OLDEST_VERSION} or newer.`,
  );
}

function checkTls(url: URL, isEncrypted: boolean | null): Check {
  if (isEncrypted) return check('tls', 'ok', 'The connection to the database is encrypted.');
  const host = hostOf(url);
  if (LOCAL.test(host) || host.startsWith('/')) return check('tls', 'ok', 'Not encrypted, on this machine.');
  return check(
    'tls',
    'warn',
    'The connection to the database is not encrypted.',
    'Add sslmode=verify-full to DATABASE_URL, and the authority of its certificate by NODE_EXTRA_CA_CERTS.',
  );
}

/** A pooler in transaction mode cannot keep prepared statements of before version 1.21. */
function checkPooler(url: URL, port: number | null): Check {
  const given = Number(url.port || 5432);
  const looksLikeOne = given === 6432 || /pooler|bouncer/.test(url.host) || url.searchParams.has('pgbouncer');
  if (!looksLikeOne && (port === null || port === given)) return check('pooler', 'ok', 'None to be seen.');
  return check(
    'pooler',
    'warn',
    looksLikeOne
      ? 'DATABASE_URL looks like that of a connection pooler.'
      : `The server listens on port ${port}, not on ${given}: a pooler, a proxy or a container is in between.`,
    'If it pools by transaction, write preparedStatements: false in forRoot.',
  );
}

function checkClock(difference: number): Check {
  const text = `${(Math.abs(difference) / 1_000).toFixed(1)} s ${difference > 0 ? 'behind' : 'ahead of'} the database's`;
  if (Math.abs(difference) <= CLOCK_TOLERANCE) return check('clock', 'ok', 'This clock and the database agree.');
  return check(
    'clock',
    'warn',
    `This machine's clock is ${text}.`,
    'Let both be set by NTP: a key with a ttl lives longer or shorter by that much.',
  );
}
