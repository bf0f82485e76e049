import 'reflect-metadata';
import { inspect } from 'node:util';
import { Controller, Get, Module, Post } from '@nestjs/common';
import cookiePlugin from '@fastify/cookie';
import sessionPlugin from '@fastify/session';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import connectPgSimple from 'connect-pg-simple';
import session from 'express-session';
import pg from 'pg';
import { byokEntities, byokMigrations, ByokModule, EncryptionService, RequireApiKey } from '../../dist/index.js';

// An application as a process of its own that logs all it can: Nest, TypeORM, every event. It tells its parent by a line
// of JSON where it is and which routes it has, and ends with its stdin. EDGE_PLATFORM is what it stands on, and
// EDGE_CARELESS makes it do what nobody should, on Express.

const {
  DATABASE_URL: url,
  EDGE_STORAGE: storage,
  EDGE_CARELESS: careless,
  EDGE_QUIET: quiet,
  EDGE_PLATFORM: platform,
} = process.env;

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
        strict: { keyPrefix: 'never-', strict: true },
        patterned: { keyPattern: /^never$/ },
        azure: { fields: { endpoint: { type: 'url' }, note: {} } },
      },
      onEvent: (event) => quiet || console.log('event', inspect(event)),
    }),
  ],
  controllers: [Own],
})(EdgeModule);

const logger = quiet ? ['error', 'fatal'] : ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];
const pool = new pg.Pool({ connectionString: url });
pool.on('error', () => undefined);
const Store = connectPgSimple(session);
const store = quiet
  ? new session.MemoryStore()
  : new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false });
const { app, routes } = platform === 'fastify' ? await onFastify() : await onExpress();

/** Whose request it is, in the application's own way. */
function signIn({ method, path, query, headers, session: held }) {
  if (method !== 'POST' || path !== '/sign-in') return { id: headers['x-test-user'] ?? held?.user };
  held.user = query.user;
  return { isAnswered: true };
}

async function onExpress() {
  const nest = await NestFactory.create(EdgeModule, { logger });
  const cookie = { sameSite: 'lax' };
  nest.use(session({ secret: 'a-secret-of-the-tests', resave: false, saveUninitialized: false, cookie, store }));
  nest.use((request, response, next) => {
    const { id, isAnswered } = signIn(request);
    if (isAnswered) return response.status(204).end();
    if (id !== undefined) request.user = { id };
    if (!careless) return next();
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      console.log(`body ${body}`);
      console.error(`body ${Buffer.from(body).toString('base64')}`);
      request.session.last = body;
      response.set('X-Body', encodeURIComponent(body.slice(0, 500))).send(`<p>${body}</p>`);
    });
  });
  await nest.listen(0, '127.0.0.1');
  const { stack } = nest.getHttpAdapter().getInstance().router;
  const all = stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path })) : [],
  );
  return { app: nest, routes: all };
}

async function onFastify() {
  // All but its log of requests, which is of paths: what a host writes of those is the host's.
  const adapter = new FastifyAdapter(quiet ? {} : { logger: { level: 'trace' }, disableRequestLogging: true });
  const instance = adapter.getInstance();
  const all = [];
  instance.addHook('onRoute', ({ method, url: path }) =>
    all.push(...[method].flat().map((each) => ({ method: each, path }))),
  );
  // As Express does: what has come to the application can be told from what Node's parser has refused.
  instance.server.prependListener('request', (_, response) => response.setHeader('X-Powered-By', 'Fastify'));
  const nest = await NestFactory.create(EdgeModule, adapter, { logger });
  const cookie = { sameSite: 'lax', secure: false };
  await nest.register(cookiePlugin);
  await nest.register(sessionPlugin, {
    secret: 'a-secret-of-the-tests-that-is-long',
    saveUninitialized: false,
    cookie,
    store,
  });
  instance.addHook('onRequest', (request, reply, done) => {
    const { method, query, headers, session: held } = request;
    const { id, isAnswered } = signIn({ method, path: request.url.split('?')[0], query, headers, session: held });
    if (id !== undefined) request.user = { id };
    // Not returned: a hook that returns a promise is taken to be done with it.
    if (isAnswered) void reply.code(204).send();
    else done();
  });
  await nest.listen(0, '127.0.0.1');
  // HEAD comes with every GET there, and is not called for by itself.
  return { app: nest, routes: all.filter(({ method, path }) => method !== 'HEAD' && path !== '/byok/') };
}

console.log(`listening ${JSON.stringify({ port: app.getHttpServer().address().port, routes })}`);

process.stdin.resume().on('end', async () => {
  app.getHttpServer().closeAllConnections();
  await app.close();
  await pool.end();
  console.log('closed');
});
