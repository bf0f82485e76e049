import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process';
import { promisify } from 'node:util';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';

/** How the programs of PostgreSQL are run: as which account, and bound to the life of this process or not. */
export interface RunAs {
  account?: Account;
  /** Whether the system itself ends what is run here when this process dies, be it by `kill -9`. */
  diesWithParent: boolean;
  spawn(file: string, args: string[], options: Pick<SpawnOptions, 'stdio' | 'detached'>): ChildProcess;
}

/** What an account may need to pass folders that are closed to it, least first. */
const CAPABILITIES = [undefined, 'dac_read_search', 'dac_override'];

/** Exit codes 3 and 4 tell what could not be reached. */
const PROBE = '"$1" --version >/dev/null || exit 3; cd "$2" || exit 4';

/**
 * Finds a way to run PostgreSQL that works here, by trying.
 *
 * The project may stand below a folder that only root may enter, such as /root. When we are root, the account that runs
 * the server is then given the right to pass closed folders, and only then.
 */
export async function chooseRunAs(binaries: Binaries, dataDir: string, account: Account | undefined): Promise<RunAs> {
  const setpriv = await hasSetpriv();
  const ways = setpriv
    ? (account ? CAPABILITIES : [undefined]).map((capability) => withSetpriv(account, capability))
    : [plainly(account)];
  let failure: unknown;
  for (const way of ways) {
    try {
      await probe(way, binaries, dataDir);
      return way;
    } catch (error) {
      failure = error;
    }
  }
  throw explain(failure, binaries, dataDir, account);
}

/**
 * util-linux' setpriv changes the account, keeps one capability across the change and sets the signal that the kernel
 * sends when our process dies. (That is to be exact the thread that spawned: start the server from the main thread.)
 */
function withSetpriv(account: Account | undefined, capability: string | undefined): RunAs {
  const prefix = ['--pdeathsig', 'SIGINT'];
  if (account) prefix.push('--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups');
  // initdb asks with access(2), which heeds the capabilities of an unprivileged user under no_setuid_fixup only.
  if (capability) {
    prefix.push('--securebits', '+no_setuid_fixup');
    prefix.push('--inh-caps', `-all,+${capability}`, '--ambient-caps', `-all,+${capability}`);
  }
  return {
    account,
    diesWithParent: true,
    spawn: (file, args, options) =>
      spawn('setpriv', [...prefix, '--', file, ...args], { ...surroundings(), ...options }),
  };
}

function plainly(account: Account | undefined): RunAs {
  // spawn takes signed numbers.
  const identity = account && { uid: account.uid | 0, gid: account.gid | 0 };
  return {
    account,
    diesWithParent: false,
    spawn: (file, args, options) => spawn(file, args, { ...surroundings(), ...identity, ...options }),
  };
}

async function hasSetpriv(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return promisify(execFile)('setpriv', ['--pdeathsig', 'SIGINT', '--', 'true']).then(
    () => true,
    () => false,
  );
}

const PASSED_ON = /^(PATH|TMPDIR|TEMP|TMP|TZ|LD_LIBRARY_PATH|NIX_LD.*|SystemRoot|SystemDrive|windir|ComSpec|PATHEXT)$/i;

/** PostgreSQL is given neither our secrets nor settings meant for another server, and no folder it may not enter. */
function surroundings(): SpawnOptions {
  const passedOn = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  const windows = process.platform === 'win32';
  return { env: { ...Object.fromEntries(passedOn), LC_ALL: 'C' }, cwd: windows ? undefined : '/', windowsHide: true };
}

async function probe(way: RunAs, binaries: Binaries, dataDir: string): Promise<void> {
  const child =
    process.platform === 'win32'
      ? way.spawn(binaries.postgres, ['--version'], { stdio: ['ignore', 'ignore', 'pipe'] })
      : way.spawn('/bin/sh', ['-c', PROBE, 'sh', binaries.postgres, dataDir], { stdio: ['ignore', 'ignore', 'pipe'] });
  const { code, output } = await outcome(child);
  if (code !== 0) throw Object.assign(new Error(output.trim() || `exit code ${code}`), { code });
}

/** Waits for a program to end. */
export async function outcome(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

function explain(cause: unknown, binaries: Binaries, dataDir: string, account: Account | undefined): Error {
  const { code, message } = cause as { code?: unknown; message: string };
  const who = account ? `user ${account.uid} (PostgreSQL does not run as root)` : 'this user';
  const advice =
    code === 4
      ? `The data folder ${dataDir} cannot be reached by ${who}: set BYOK_DATA_DIR to a folder that can, install ` +
        'setpriv (util-linux), or set DATABASE_URL.'
      : `The embedded Postgres (${binaries.postgres}) cannot be run by ${who}: ` +
        (account
          ? 'put the project where that user can reach it, install setpriv (util-linux), start as another user, '
          : '') +
        (account ? 'or set DATABASE_URL.' : 'set DATABASE_URL to a PostgreSQL server of your own.');
  return new Error(`${advice} The system said: ${message}`, { cause });
}
