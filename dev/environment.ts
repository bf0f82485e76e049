import { resolve } from 'node:path';
import { developmentSecret } from './development-secret.js';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.js';

/**
 * Gives this process a PostgreSQL server and a secret of its own if its environment names none. The server ends with the
 * process.
 */
export async function completeEnvironment(): Promise<void> {
  const dataDir = resolve(process.env.BYOK_DATA_DIR || './data');
  try {
    if (!process.env.DATABASE_URL) {
      const postgres = await startEmbeddedPostgres({ dataDir, log: (line) => console.log(line) });
      process.env.DATABASE_URL = postgres.url;
    }
    if (!process.env.BYOK_SECRET && process.env.NODE_ENV !== 'production') {
      process.env.BYOK_SECRET = await developmentSecret(dataDir);
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
