import { readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withConnection } from './connection.js';
import { commandOf, isAlive } from './processes.js';

/** The lock file of a server, with its process and port. */
export interface Lock {
  pid: number;
  port: number;
  ready: boolean;
  text: string;
}

const START_MS = 60_000;
const ANSWER_MS = 10_000;
const END_MS = 3_000;

/** The setting of the server with the process that owns it. */
export const OWNER_SETTING = 'byok.owner';

/**
 * Finds the server that runs on a cluster already: that of another process, or one that outlived its own. Waits for one
 * that is starting or stopping, and removes a lock whose process number now belongs to some other program. (A lock whose
 * process is gone is left to PostgreSQL, which replaces it safely.)
 *
 * @returns `undefined` if the cluster is free
 */
export async function findRunningServer(cluster: string, password: string): Promise<Lock | undefined> {
  const since = Date.now();
  for (;;) {
    const lock = await readLock(cluster);
    if (!lock || !isAlive(lock.pid)) return undefined;
    const owner = lock.ready ? await askForOwner(cluster, lock, password) : undefined;
    // A server whose owner was killed is about to end; one that does not serves on.
    if (owner !== undefined && (isAlive(owner) || Date.now() - since > END_MS)) return lock;
    if (!(await mayServe(lock.pid, cluster))) {
      await removeLock(cluster, lock);
      return undefined;
    }
    if (owner === undefined && Date.now() - since > (lock.ready ? ANSWER_MS : START_MS)) {
      throw new Error(
        `The database in ${cluster} is held by process ${lock.pid}, which does not answer on port ${lock.port}. End ` +
          `that process. If it is not a PostgreSQL server, remove ${join(cluster, 'postmaster.pid')}.`,
      );
    }
    await sleep(50);
  }
}

export async function readLock(cluster: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(join(cluster, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7] === 'ready', text };
}

/**
 * The port may belong to another server by now: logs in with our password and checks its folder.
 *
 * @returns the process that owns the server of the cluster, `undefined` if another server or none uses the port
 */
async function askForOwner(cluster: string, lock: Lock, password: string): Promise<number | undefined> {
  try {
    const [answer] = await withConnection({ port: lock.port, password }, async (client) => {
      const sql = "SELECT current_setting('data_directory') AS folder, current_setting($1, true) AS owner";
      return (await client.query<{ folder: string; owner: string | null }>(sql, [OWNER_SETTING])).rows;
    });
    if (!answer || !(await sameFolder(answer.folder, cluster))) return undefined;
    return (await readLock(cluster))?.text === lock.text ? Number(answer.owner) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process with this id can be the server of the cluster; the id may have been reused. */
async function mayServe(pid: number, cluster: string): Promise<boolean> {
  if (pid === process.pid) return false;
  const command = await commandOf(pid);
  if (command === undefined) return true;
  const program = command.split(/\n| -D /)[0] ?? '';
  if (!/(^|[\\/"])postgres(\.exe"|\s|$)/.test(program)) return false;
  const folder = (/\n-D\n([^\n]*)/.exec(command) ?? / -D (.*?) -p /.exec(command))?.[1];
  return folder === undefined || (await sameFolder(folder, cluster).catch(() => true));
}

async function sameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one, { bigint: true }), stat(other, { bigint: true })]);
  return a.ino === b.ino && a.dev === b.dev;
}

async function removeLock(cluster: string, lock: Lock): Promise<void> {
  // A process that starts at the same time may have replaced it.
  if ((await readLock(cluster))?.text === lock.text) {
    await unlink(join(cluster, 'postmaster.pid')).catch(() => undefined);
  }
}
