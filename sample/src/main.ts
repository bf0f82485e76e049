import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { openPool } from './database.js';
import { developmentSecret } from './development-secret.js';
import { startEmbeddedPostgres } from './postgres/embedded-postgres.js';
import { quietRefusals } from './quiet-refusals.js';
import { sessions } from './sessions.js';
import { OPENAI_URL, readSettings, type Settings } from './settings.js';
import { StartLogger } from './start-logger.js';
import { tryIt, WHAT_TO_EXPECT } from './try-it.js';

/** How long requests that are under way may take when we are told to stop. */
const GRACE_MS = 3_000;

/** What has to be closed, in the order it was opened. */
const opened: (() => Promise<unknown>)[] = [];

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const databaseUrl = settings.databaseUrl ?? (await startDatabase(settings.dataDir));
  const secrets = settings.secrets ?? [await developmentSecret(settings.dataDir)];
  const pool = await openPool(databaseUrl);
  opened.push(() => pool.end());

  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.register({ settings, databaseUrl, secrets, pool }),
    { logger: new StartLogger(), abortOnError: false, bodyParser: false },
  );
  opened.push(() => close(app));
  app.disable('x-powered-by');
  app.set('trust proxy', settings.trustProxy);
  app.use(sessions(pool, secrets));
  app.useBodyParser('json').useBodyParser('urlencoded', { extended: true });
  app.use(quietRefusals);
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }));
  await app.listen(settings.port);
  const { port } = app.getHttpServer().address() as { port: number };
  sayHello(settings, port);
}

function sayHello(settings: Settings, port: number): void {
  const address = settings.publicOrigin ?? `http://localhost:${port}`;
  console.log(`Open ${address} in a browser, sign in as anybody, and store an API key at ${address}/byok.`);
  if (settings.production) {
    console.log('In production keys are taken by https only.');
    if (settings.trustProxy.length === 0)
      console.log('Behind a proxy that does https, set TRUST_PROXY to its address.');
  } else {
    console.log(`Or try it from another terminal:\n\n${tryIt(address)}\n\nThey answer: ${WHAT_TO_EXPECT}`);
    if (settings.openaiUrl === OPENAI_URL) {
      console.log('No key at hand? `npm run demo` starts the same with a stand-in for the providers.');
    }
  }
  if (!settings.databaseUrl) console.log(`Data is kept in ${settings.dataDir}.`);
  console.log('Ctrl-C stops.');
}

async function startDatabase(dataDir: string): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir });
  opened.push(() => postgres.stop());
  return postgres.url;
}

async function close(app: NestExpressApplication): Promise<void> {
  const late = setTimeout(() => app.getHttpServer().closeAllConnections(), GRACE_MS);
  await app.close();
  clearTimeout(late);
}

async function stop(): Promise<void> {
  for (const end of opened.splice(0).reverse()) await end().catch((error: Error) => console.error(error.message));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().then(() => process.exit(0)));
}

start().catch(async (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE' ? 'The port is taken: set PORT to another, for example PORT=3001.' : error.message,
  );
  await stop();
  process.exit(1);
});
