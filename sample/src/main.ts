import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Pool } from 'pg';
import { AppModule } from './app.module.js';
import { openPool } from './database.js';
import { quietRefusals } from './quiet-refusals.js';
import { sessions } from './sessions.js';
import { OPENAI_URL, readSettings, type Settings } from './settings.js';
import { StartLogger } from './start-logger.js';
import { EXPECTED_ANSWERS, tryIt } from './try-it.js';

/** Milliseconds that running requests have to finish after a signal to stop. */
const GRACE_MS = 3_000;

async function bootstrap(): Promise<void> {
  const settings = readSettings(process.env);
  const pool = await openPool(settings.databaseUrl);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.register(settings, pool), {
    logger: new StartLogger(),
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  app.set('trust proxy', settings.trustProxy);
  app.use(sessions(pool, settings.secrets));
  app.useBodyParser('json').useBodyParser('urlencoded', { extended: true });
  app.use(quietRefusals);
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(app, pool));
  await app.listen(settings.port);
  const { port } = app.getHttpServer().address() as { port: number };
  printInstructions(settings, settings.publicOrigin ?? `http://localhost:${port}`);
}

function printInstructions({ production, trustProxy, openaiUrl }: Settings, address: string): void {
  console.log(`Open ${address} in a browser, sign in with any name, and store an API key at ${address}/byok.`);
  if (production) {
    console.log('In production, keys are accepted over https only.');
    if (trustProxy.length === 0) console.log('Behind a proxy that terminates https, set TRUST_PROXY to its address.');
  } else {
    console.log(`Or try it from another terminal:\n\n${tryIt(address)}\n\nExpected answers: ${EXPECTED_ANSWERS}`);
    if (openaiUrl === OPENAI_URL) console.log('Without an OpenAI key, use `npm run demo`.');
  }
  console.log('Ctrl-C stops.');
}

async function stop(app: NestExpressApplication, pool: Pool): Promise<void> {
  setTimeout(() => app.getHttpServer().closeAllConnections(), GRACE_MS).unref();
  try {
    await app.close();
    await pool.end();
  } catch (error) {
    console.error((error as Error).message);
  }
  // A request to a provider can be pending for longer.
  process.exit(0);
}

bootstrap().catch((error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE' ? 'The port is taken. Set PORT to another one, for example PORT=3001.' : error.message,
  );
  process.exit(1);
});
