import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import pg from 'pg';
import { AppModule } from './app.module.js';
import { developmentSecret } from './development-secret.js';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.js';
import { sessions } from './sessions.js';
import { readSettings } from './settings.js';
import { tryIt } from './try-it.js';

/** What has to be closed, in the order it was opened. */
const opened: (() => Promise<unknown>)[] = [];

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const secrets = settings.secrets ?? [await developmentSecret(settings.dataDir)];
  const databaseUrl = settings.databaseUrl ?? (await startDatabase(settings.dataDir));
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10, connectionTimeoutMillis: 3_000 });
  // An idle connection that the server ends is no reason to end with it.
  pool.on('error', () => undefined);
  opened.push(() => pool.end());

  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.register({ settings, databaseUrl, secrets, pool }),
    { logger: ['error', 'warn', 'fatal'], abortOnError: false },
  );
  opened.push(() => app.close());
  app.disable('x-powered-by');
  app.use(sessions(pool, secrets));
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }));
  await app.listen(settings.port);

  const { port } = app.getHttpServer().address() as { port: number };
  const address = `http://localhost:${port}`;
  console.log(`Open ${address} in a browser, sign in as anybody, and store an API key at ${address}/byok.`);
  console.log(`Or try it from another terminal:\n\n${tryIt(address)}\n`);
  if (!settings.databaseUrl) console.log(`Data is kept in ${settings.dataDir}. Ctrl-C stops.`);
}

async function startDatabase(dataDir: string): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir });
  opened.push(() => postgres.stop());
  return postgres.url;
}

async function stop(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close().catch((error: Error) => console.error(error.message));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().then(() => process.exit(0)));
}

start().catch(async (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE' ? `The port is taken: set PORT to another, for example PORT=3001.` : error.message,
  );
  await stop();
  process.exit(1);
});
