import { access, chmod, constants, mkdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, giveTo, serverAccount } from './account.js';
import { findBinaries } from './binaries.js';
import { createDatabaseIfMissing, databaseUrl } from './connection.js';
import { initialise } from './initialise.js';
import { readOrCreatePassword } from './password.js';
import { chooseRunAs } from './run-as.js';
import { findRunningServer } from './running-server.js';
import { PassingFailure, ServerProcess } from './server-process.js';

export interface EmbeddedPostgresOptions {
  /** Holds the cluster (`postgres`), its password (`postgres-password`) and the server's log (`postgres.log`). */
  dataDir: string;
  /** Created if it is missing. */
  database?: string;
  /** Settings of the server, as in postgresql.conf. */
  parameters?: Record<string, string>;
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  url: string;
  port: number;
  dataDir: string;
  /** Whether this process started the server. */
  owned: boolean;
  pid: number;
  /**
   * Stops the server if this process started it, also for processes that joined it. A server that was found running keeps
   * running. Without this call, the server stops when this process ends in any way.
   */
  stop(): Promise<void>;
}

interface Server {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

const ATTEMPTS = 10;

/**
 * Starts a PostgreSQL server on a folder, with the programs that npm installed, or joins the one that runs on that folder.
 * The server listens on a free port of the loopback address and requires a random password.
 *
 * The server stops with the process that started it. Queries of processes that joined then fail; restart them. If this
 * process runs as root, the server runs as the owner of the cluster, or as nobody.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await prepareFolder(options.dataDir);
  const cluster = join(dataDir, 'postgres');
  const account = await serverAccount(cluster);
  const password = await readOrCreatePassword(dataDir, await isCluster(cluster));
  const { server, owned } = await joinOrStart(cluster, password, () =>
    start({ ...options, dataDir }, cluster, password, account),
  );
  try {
    const database = options.database ?? 'byok';
    const login = { port: server.port, password };
    await createDatabaseIfMissing(login, database);
    options.log?.(`${owned ? 'Started' : 'Joined'} Postgres on 127.0.0.1:${server.port}, data in ${dataDir}`);
    const { port, pid } = server;
    return { url: databaseUrl(login, database), port, dataDir, owned, pid, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function joinOrStart(
  cluster: string,
  password: string,
  startOne: () => Promise<Server>,
): Promise<{ server: Server; owned: boolean }> {
  for (let attempt = 1; ; attempt++) {
    const running = await findRunningServer(cluster, password);
    if (running) return { server: { ...running, stop: () => Promise.resolve() }, owned: false };
    try {
      return { server: await startOne(), owned: true };
    } catch (error) {
      // The port was taken meanwhile, or another process is starting or stopping a server here.
      if (!(error instanceof PassingFailure) || attempt === ATTEMPTS) throw error;
      await sleep(100 * attempt);
    }
  }
}

async function start(
  options: EmbeddedPostgresOptions,
  cluster: string,
  password: string,
  account: Account | undefined,
): Promise<ServerProcess> {
  const { dataDir, parameters = {}, log } = options;
  const binaries = await findBinaries();
  const runAs = await chooseRunAs(binaries, dataDir, account);
  if (!(await isCluster(cluster))) {
    log?.(`Creating a database in ${dataDir}`);
    await initialise(binaries, runAs, { dataDir, cluster, password, durable: parameters['fsync'] !== 'off' });
  }
  await giveTo(runAs.account, cluster);
  return ServerProcess.start(binaries, runAs, { cluster, parameters, logFile: join(dataDir, 'postgres.log') });
}

/** Creates the data folder, closed to others. As root, the account of the server can enter it. */
async function prepareFolder(path: string): Promise<string> {
  const folder = resolve(path);
  try {
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await chmod(folder, process.geteuid?.() === 0 ? 0o711 : 0o700);
    if (!(await isCluster(join(folder, 'postgres')))) await access(folder, constants.W_OK | constants.X_OK);
    return await realpath(folder);
  } catch (cause) {
    throw new Error(
      `The data folder ${folder} cannot be used (${(cause as Error).message}). Set BYOK_DATA_DIR to a folder that this ` +
        'user may write to.',
      { cause },
    );
  }
}

async function isCluster(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
