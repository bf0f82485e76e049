import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The password of the server, generated at the first start and kept in a file that only its owner can read. If several
 * processes generate one at the same time, all use the first.
 */
export async function readOrCreatePassword(dataDir: string, clusterExists: boolean): Promise<string> {
  const file = join(dataDir, 'postgres-password');
  const existing = await read(file);
  if (existing) return existing;
  if (clusterExists) {
    throw new Error(
      `${file} is missing or empty. Without it, nobody can log in to the database beside it. Restore it, or remove ` +
        `${join(dataDir, 'postgres')} to start with an empty database.`,
    );
  }
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    await publish(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
  return (await read(file)) ?? '';
}

async function publish(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    // A file system without hard links.
    await rename(draft, file);
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
