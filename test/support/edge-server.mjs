import 'reflect-metadata';
import { inspect } from 'node:util';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import connectPgSimple from 'connect-pg-simple';
import session from 'express-session';
import pg from 'pg';
import { byokEntities, byokMigrations, ByokModule, EncryptionService, RequireApiKey } from '../../dist/index.js';

// An application as a process of its own that logs all it can: Nest, TypeORM, every event. It tells its parent by a line
// of JSON where it is and which routes it has, and ends with its stdin. EDGE_CARELESS makes it do what nobody should.

const { DATABASE_URL: url, EDGE_STORAGE: storage, EDGE_CARELESS: careless, EDGE_QUIET: quiet } = process.env;

// A crash is told by the exit status; this is for what would pass without one.
process.on('unhandledRejection', (error) => {
  console.error('unhandled rejection', error);
  process.exitCode = 70;
});

class Own {
  get() {
    return 'shown';
  }
  post() {
    return 'posted';
  }
}
Controller('own')(Own);
for (const [name, method] of [
  ['get', Get],
  ['post', Post],
]) {
  const descriptor = Object.getOwnPropertyDescriptor(Own.prototype, name);
  method()(Own.prototype, name, descriptor);
  RequireApiKey('openai')(Own.prototype, name, descriptor);
}

class EdgeModule {}
Module({
  imports: [
    ...(storage === 'session'
      ? []
      : [
          TypeOrmModule.forRoot({
            type: 'postgres',
            url,
            entities: byokEntities,
            migrations: byokMigrations,
            migrationsRun: true,
            ...(!quiet && { logging: 'all', logger: 'simple-console' }),
            retryAttempts: 0,
          }),
        ]),
    ByokModule.forRoot({
      secret: EncryptionService.generateSecret(),
      storage,
      ...(storage !== 'session' && { db: {}, audit: true }),
      rateLimit: false,
      maxKeysPerUser: 8,
      publicOrigins: ['https://app.example'],
      providers: {
        strict: { keyPrefix: 'never-' },
        patterned: { keyPattern: /^never$/ },
        azure: { fields: { endpoint: { type: 'url' }, note: {} } },
      },
      onEvent: (event) => quiet || console.log('event', inspect(event)),
    }),
  ],
  controllers: [Own],
})(EdgeModule);

const logger = quiet ? ['error', 'fatal'] : ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];
const app = await NestFactory.create(EdgeModule, { logger });
const pool = new pg.Pool({ connectionString: url });
pool.on('error', () => undefined);
const Store = connectPgSimple(session);
const store = quiet
  ? new session.MemoryStore()
  : new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false });
app.use(
  session({
    secret: 'a-secret-of-the-tests',
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax' },
    store,
  }),
);
app.use((request, response, next) => {
  if (request.method === 'POST' && request.path === '/sign-in') {
    request.session.user = request.query.user;
    response.status(204).end();
    return;
  }
  const id = request.headers['x-test-user'] ?? request.session?.user;
  if (id !== undefined) request.user = { id };
  if (careless) {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      console.log(`body ${body}`);
      console.error(`body ${Buffer.from(body).toString('base64')}`);
      request.session.last = body;
      response.set('X-Body', encodeURIComponent(body.slice(0, 500))).send(`<p>${body}</p>`);
    });
    return;
  }
  next();
});
await app.listen(0, '127.0.0.1');

const { stack } = app.getHttpAdapter().getInstance().router;
const routes = stack.flatMap(({ route }) =>
  route ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path })) : [],
);
console.log(`listening ${JSON.stringify({ port: app.getHttpServer().address().port, routes })}`);

process.stdin.resume().on('end', async () => {
  app.getHttpServer().closeAllConnections();
  await app.close();
  await pool.end();
  console.log('closed');
});
