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
  /** Whether this process has started the server, and not found it running. */
  owned: boolean;
  pid: number;
  /**
   * Ends the server if it is ours, for every process that has joined it too; one that was found running is left alone.
   * Without this call the server ends when our process does, in whatever way that ends.
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
 * Starts a PostgreSQL server of our own on a folder, from the programs that npm has installed, or joins the one that runs
 * on that folder already. It listens on the loopback address only, on a port that is free, and asks for a random password.
 *
 * A server belongs to the process that started it and ends with it, also under those that have joined: their queries then
 * fail, and they have to start again. As root, the server runs as the owner of the cluster, else as nobody.
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
      // Its port was taken in between, or another process has just started or not quite ended a server here.
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
    log?.(`Making an empty database in ${dataDir}`);
    await initialise(binaries, runAs, { dataDir, cluster, password, durable: parameters['fsync'] !== 'off' });
  }
  await giveTo(runAs.account, cluster);
  return ServerProcess.start(binaries, runAs, { cluster, parameters, logFile: join(dataDir, 'postgres.log') });
}

/** Makes the data folder if need be: closed to others, except that the account root lends the server may pass it. */
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
