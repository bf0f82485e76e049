import { rm } from 'node:fs/promises';

/** Stops and removes what the global set-up has started. */
export default async function globalTeardown() {
  const server = globalThis.testPostgres;
  if (!server) return;
  await server.stop();
  await rm(server.dataDir, { recursive: true, force: true });
  // In watch mode there is another run after this one.
  delete process.env.TEST_POSTGRES_URL;
  delete process.env.TEST_POSTGRES_LOG;
}
