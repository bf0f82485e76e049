import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.js';
import { SUPERUSER } from './connection.js';
import { isAlive } from './processes.js';
import { outcome, type RunAs } from './run-as.js';

const WORKSPACE = /^postgres-init-(\d+)-/;

/**
 * Makes an empty cluster. It is made in a folder beside its place and moved there when it is complete, so that a process
 * killed on the way leaves nothing half made in that place.
 */
export async function initialise(
  binaries: Binaries,
  runAs: RunAs,
  options: { dataDir: string; cluster: string; password: string; durable: boolean },
): Promise<void> {
  await removeAbandoned(options.dataDir);
  const workspace = join(options.dataDir, `postgres-init-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(workspace, { mode: 0o700 });
    const passwordFile = join(workspace, 'password');
    await writeFile(passwordFile, options.password, { mode: 0o600 });
    if (runAs.account) {
      await chown(passwordFile, runAs.account.uid, runAs.account.gid);
      await chown(workspace, runAs.account.uid, runAs.account.gid);
    }
    await runInitdb(binaries, runAs, join(workspace, 'cluster'), passwordFile, options.durable);
    await moveIntoPlace(join(workspace, 'cluster'), options.cluster);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function runInitdb(
  binaries: Binaries,
  runAs: RunAs,
  folder: string,
  passwordFile: string,
  durable: boolean,
): Promise<void> {
  const args = ['-D', folder, '-U', SUPERUSER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  args.push('--encoding=UTF8', '--locale=C', '--no-instructions');
  if (!durable) args.push('--no-sync');
  const child = runAs.spawn(binaries.initdb, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, output } = await outcome(child);
  if (code !== 0) throw new Error(`initdb could not make a database (exit code ${code}):\n${output.trim()}`);
}

async function moveIntoPlace(made: string, cluster: string): Promise<void> {
  try {
    await rename(made, cluster);
  } catch (error) {
    // Another process that started at the same time was faster: both take its cluster, which has the same password.
    if (!(await stat(join(cluster, 'PG_VERSION')).catch(() => undefined))) throw error;
  }
}

async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = Number(WORKSPACE.exec(name)?.[1]);
    if (pid && !isAlive(pid)) await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 3 });
  }
}
