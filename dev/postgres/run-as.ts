import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';

/** How the programs of PostgreSQL are run, and as which account when that is not our own. */
export interface RunAs {
  account?: Account;
  spawn(file: string, args: string[], options: Pick<SpawnOptions, 'stdio' | 'detached'>): ChildProcess;
}

/** What an account may need to pass folders that are closed to it, least first; Docker grants the second only. */
const CAPABILITIES = ['dac_read_search', 'dac_override'];

const DATA_OUT_OF_REACH = 4;
const PROBE = `"$1" --version >/dev/null || exit 3; cd "$2" || exit ${DATA_OUT_OF_REACH}`;

/**
 * Finds a way to run PostgreSQL that works here, by trying.
 *
 * The project may stand below a folder that only root may enter, such as /root. When we are root, the account that runs
 * the server is then given the right to pass closed folders, and only then.
 */
export async function chooseRunAs(binaries: Binaries, dataDir: string, account: Account | undefined): Promise<RunAs> {
  const ways = [plainly(account)];
  if (account && process.platform === 'linux') ways.push(...CAPABILITIES.map((one) => withCapability(account, one)));
  const failures: Failure[] = [];
  for (const way of ways) {
    const failure = await probe(way, binaries, dataDir);
    if (!failure) return way;
    failures.push(failure);
  }
  throw explain(failures, binaries, dataDir, account);
}

function plainly(account: Account | undefined): RunAs {
  // spawn takes signed numbers.
  const identity = account && { uid: account.uid | 0, gid: account.gid | 0 };
  return {
    account,
    spawn: (file, args, options) => spawn(file, args, { ...surroundings(), ...identity, ...options }),
  };
}

/** util-linux' setpriv changes the account and keeps one capability across the change. */
function withCapability(account: Account, capability: string): RunAs {
  const prefix = ['--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups'];
  // initdb asks with access(2), which heeds the capabilities of an unprivileged user under no_setuid_fixup only.
  prefix.push('--securebits', '+no_setuid_fixup');
  prefix.push('--inh-caps', `-all,+${capability}`, '--ambient-caps', `-all,+${capability}`, '--');
  return {
    account,
    spawn: (file, args, options) => spawn('setpriv', [...prefix, file, ...args], { ...surroundings(), ...options }),
  };
}

const PASSED_ON = /^(PATH|TMPDIR|TEMP|TMP|TZ|LD_LIBRARY_PATH|NIX_LD.*|SystemRoot|SystemDrive|windir|ComSpec|PATHEXT)$/i;

/** PostgreSQL is given neither our secrets nor settings meant for another server, and no folder it may not enter. */
function surroundings(): SpawnOptions {
  const passedOn = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  const windows = process.platform === 'win32';
  return { env: { ...Object.fromEntries(passedOn), LC_ALL: 'C' }, cwd: windows ? undefined : '/', windowsHide: true };
}

interface Failure {
  code: number | null;
  message: string;
}

async function probe(way: RunAs, binaries: Binaries, dataDir: string): Promise<Failure | undefined> {
  const stdio: SpawnOptions['stdio'] = ['ignore', 'ignore', 'pipe'];
  try {
    const child =
      process.platform === 'win32'
        ? way.spawn(binaries.postgres, ['--version'], { stdio })
        : way.spawn('/bin/sh', ['-c', PROBE, 'sh', binaries.postgres, dataDir], { stdio });
    const { code, output } = await outcome(child);
    return code === 0 ? undefined : { code, message: output.trim() || `exit code ${code}` };
  } catch (error) {
    return { code: null, message: (error as Error).message };
  }
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

function explain(failures: Failure[], binaries: Binaries, dataDir: string, account: Account | undefined): Error {
  const who = account ? `user ${account.uid} (PostgreSQL does not run as root)` : 'this user';
  const what = failures.some(({ code }) => code === DATA_OUT_OF_REACH)
    ? `The data folder ${dataDir} cannot be reached by ${who}: set BYOK_DATA_DIR to a folder that can`
    : `The embedded Postgres (${binaries.postgres}) cannot be run by ${who}` +
      (account ? ': put the project where that user can reach it, start as another user' : '');
  const advice = account
    ? `${what}, give root the capabilities SETUID, SETGID and DAC_OVERRIDE and setpriv (util-linux), or set DATABASE_URL.`
    : `${what}: set DATABASE_URL to a PostgreSQL server of your own.`;
  const said = [...new Set(failures.map(({ message }) => message))].join('\n');
  return new Error(`${advice} The system said: ${said}`);
}
