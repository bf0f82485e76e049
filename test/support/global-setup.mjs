import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from './chromium.mjs';

/** Starts one PostgreSQL server for the whole run, unless TEST_POSTGRES_URL names one. */
export default async function globalSetup() {
  // Unpacked once, before several workers look for it. The specs of pages say if there is none.
  await findChromium().catch(() => undefined);
  if (process.env.TEST_POSTGRES_URL) return;
  const { startEmbeddedPostgres } = await import('../../dev/dist/postgres/embedded-postgres.js').catch((cause) => {
    throw new Error('The tests need a build: run `npm run build` (or `npm test`, which does).', { cause });
  });
  await removeAbandoned();
  const dataDir = await mkdtemp(join(tmpdir(), `byok-test-${process.pid}-`));
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({
    dataDir,
    parameters: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '200',
      log_statement: 'all',
    },
  });
  globalThis.testPostgres = server;
  process.env.TEST_POSTGRES_URL = server.url;
  process.env.TEST_POSTGRES_LOG = join(server.dataDir, 'postgres.log');
}

/** Removes the folders of runs that were killed; their servers have ended with them. */
async function removeAbandoned() {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^byok-test-(\d+)-/.exec(name)?.[1]);
    if (pid && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
