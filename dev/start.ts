import { resolve } from 'node:path';
import { developmentSecret } from './development-secret.js';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.js';

// `npm start`: the sample, with a PostgreSQL server and a secret of its own if the environment names none.
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
// The server ends with this process.
await import(new URL('../../sample/dist/main.js', import.meta.url).href);
