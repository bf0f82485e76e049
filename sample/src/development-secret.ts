import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EncryptionService } from 'nestjs-byok';

/** The secret of a developer's machine: made at the first start and kept beside the data that it protects. */
export async function developmentSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'byok-secret');
  const draft = `${file}.${process.pid}`;
  await mkdir(dataDir, { recursive: true });
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    await writeFile(draft, `${EncryptionService.generateSecret()}\n`, { mode: 0o600 });
    // Unlike a write, it fails where another process that starts at the same time was faster.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}
