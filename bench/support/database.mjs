import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../dev/dist/postgres/embedded-postgres.js';

/** Runs work on a Postgres of its own, which is removed afterwards. */
export async function withDatabase(work) {
  const dataDir = await mkdtemp(join(tmpdir(), 'byok-bench-'));
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({
    dataDir,
    parameters: { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '30min' },
  });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return await work({ url: server.url, client });
  } finally {
    await client.end();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
