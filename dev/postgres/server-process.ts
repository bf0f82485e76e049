import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.js';
import type { RunAs } from './run-as.js';
import { OWNER_SETTING, readLock } from './running-server.js';
import { ServerLog } from './server-log.js';

const START_MS = 60_000;
const FAST_STOP_MS = 10_000;
const IMMEDIATE_STOP_MS = 2_000;

/** Messages of a server that could not start because another one came first; the next try may well succeed. */
const PASSING = /could not create any TCP\/IP sockets|lock file ".*" already exists|pre-existing shared memory block/;

/** A start that failed for a reason that passes. */
export class PassingFailure extends Error {}

export interface ServerOptions {
  cluster: string;
  logFile: string;
  parameters: Record<string, string>;
}

/** A server that this process has started. */
export class ServerProcess {
  private readonly exited: Promise<void>;
  private stopping?: Promise<void>;
  private watchdog?: ChildProcess;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly binaries: Binaries,
    private readonly cluster: string,
  ) {
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        this.watchdog?.stdin?.end();
        resolve();
      });
      child.on('error', () => {
        if (child.pid === undefined) resolve();
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Starts a server on a free port and waits until it answers. */
  static async start(binaries: Binaries, runAs: RunAs, options: ServerOptions): Promise<ServerProcess> {
    const port = await freePort();
    const log = await ServerLog.open(options.logFile);
    try {
      const child = runAs.spawn(binaries.postgres, serverArguments(port, options), {
        stdio: ['ignore', log.handle.fd, log.handle.fd],
        // Ctrl-C in a terminal is for us, who stop the server when nothing needs it any more.
        detached: process.platform !== 'win32',
      });
      const server = new ServerProcess(child, port, binaries, options.cluster);
      server.guard(runAs);
      await server.untilReady(log);
      child.unref();
      return server;
    } finally {
      await log.close();
    }
  }

  private async untilReady(log: ServerLog): Promise<void> {
    let ended = false;
    void this.exited.then(() => (ended = true));
    const deadline = Date.now() + START_MS;
    while (!ended && Date.now() < deadline) {
      const lock = await readLock(this.cluster).catch(() => undefined);
      if (lock?.ready && lock.pid === this.pid) return;
      await Promise.race([this.exited, sleep(10)]);
    }
    if (!ended) await this.stop();
    const text = await log.text();
    const Failure = PASSING.test(text) ? PassingFailure : Error;
    throw new Failure(
      `The embedded Postgres did not start${ended ? '' : ` within ${START_MS / 1000} seconds`}. The end of ` +
        `${log.file}:\n${text.trim().split('\n').slice(-20).join('\n')}`,
    );
  }

  /**
   * Ends the server with this process, even if that is killed: a shell sends the signal when its input ends. The shell runs
   * as the account of the server, which may signal it even where root may not.
   */
  private guard(runAs: RunAs): void {
    if (!this.child.pid) return;
    if (process.platform === 'win32') return this.stopAtExit();
    const watchdog = runAs.spawn('/bin/sh', ['-c', 'read -r line; kill -INT "$1"', 'sh', String(this.child.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    watchdog.on('error', () => undefined);
    watchdog.stdin?.on('error', () => undefined);
    watchdog.unref();
    (watchdog.stdin as Socket | null)?.unref();
    this.watchdog = watchdog;
  }

  /** Windows has no signals. Without this, Node would kill the server at exit, and the next start would have to recover. */
  private stopAtExit(): void {
    const stop = (): void => {
      execFileSync(this.binaries.pgCtl, this.stopArguments(), { stdio: 'ignore' });
    };
    process.once('exit', stop);
    this.child.once('exit', () => process.off('exit', stop));
  }

  private stopArguments(): string[] {
    return ['stop', '-D', this.cluster, '-m', 'fast'];
  }

  /** Ends the server: its clients are disconnected, and all that was committed is on disk. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.child.ref();
    if (process.platform === 'win32') {
      await promisify(execFile)(this.binaries.pgCtl, this.stopArguments()).catch(() => undefined);
    } else {
      this.child.kill('SIGINT');
      this.watchdog?.stdin?.end();
    }
    if (await this.endsWithin(FAST_STOP_MS)) return;
    if (process.platform !== 'win32') this.child.kill('SIGQUIT');
    if (await this.endsWithin(IMMEDIATE_STOP_MS)) return;
    this.child.kill('SIGKILL');
    await this.exited;
  }

  private async endsWithin(milliseconds: number): Promise<boolean> {
    const abort = new AbortController();
    const late = sleep(milliseconds, false, { signal: abort.signal }).catch(() => false);
    const inTime = await Promise.race([this.exited.then(() => true), late]);
    abort.abort();
    return inTime;
  }
}

function serverArguments(port: number, options: ServerOptions): string[] {
  const settings = {
    ...options.parameters,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    [OWNER_SETTING]: String(process.pid),
  };
  const args = ['-D', options.cluster, '-p', String(port)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  return args;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
