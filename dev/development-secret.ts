import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EncryptionService } from 'nestjs-byok';

/** The secret of a development machine, generated at the first start and kept beside the data. */
export async function developmentSecret(dataDir: string): Promise<string> {
  try {
    return await readOrMake(dataDir);
  } catch (cause) {
    throw new Error(`The secret in ${dataDir} cannot be used (${(cause as Error).message}). Set BYOK_SECRET instead.`, {
      cause,
    });
  }
}

async function readOrMake(dataDir: string): Promise<string> {
  const file = join(dataDir, 'byok-secret');
  const draft = `${file}.${process.pid}`;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    await writeFile(draft, `${EncryptionService.generateSecret()}\n`, { mode: 0o600 });
    // Unlike a write, `link` fails if another process was faster.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}
