import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import connectPgSimple from 'connect-pg-simple';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import pg from 'pg';
import { RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import { createClient } from 'redis';
import { ApiKey, ByokModule, ByokService, RequireApiKey } from '../../dist/index.js';

// One of several instances: an application for each session store that it is given, the sessions and the limit of writes
// in there. It tells its parent the ports, and of each key that it has removed because it had expired.

const { DATABASE_URL: url, REDIS_URL: redisUrl, BYOK_SECRET: secret, SWEEP_EVERY: sweepEvery } = process.env;
const pool = new pg.Pool({ connectionString: url, max: 4 });
const redis = redisUrl && (await createClient({ url: redisUrl }).connect());
const PgStore = connectPgSimple(session);

const STORES = {
  postgres: {
    sessions: () => new PgStore({ pool, pruneSessionInterval: false }),
    limiter: ({ name, points, windowMs }) =>
      new RateLimiterPostgres({
        storeClient: pool,
        keyPrefix: name,
        tableName: 'limits',
        tableCreated: true,
        points,
        duration: windowMs / 1000,
      }),
  },
  ...(redis && {
    redis: {
      sessions: () => new RedisStore({ client: redis }),
      limiter: ({ name, points, windowMs }) =>
        new RateLimiterRedis({
          storeClient: redis,
          keyPrefix: name,
          points,
          duration: windowMs / 1000,
          useRedisPackage: true,
        }),
    },
  }),
};

class Chat {
  chat(apiKey) {
    return { apiKey, pid: process.pid };
  }
}
Controller()(Chat);
const chat = Object.getOwnPropertyDescriptor(Chat.prototype, 'chat');
ApiKey()(Chat.prototype, 'chat', 0);
Get('chat')(Chat.prototype, 'chat', chat);
RequireApiKey('openai')(Chat.prototype, 'chat', chat);

async function start({ sessions, limiter }) {
  class SharedModule {}
  const byokModule = ByokModule.forRoot({
    secret,
    db: url,
    resolveUser: ({ session: { user } }) => user,
    rateLimit: { perOwner: 6, perAddress: 1_000, windowMs: 60_000, store: limiter },
    cleanup: { sweepEvery: Number(sweepEvery) },
    onEvent: ({ type, owner }) => type === 'expired' && process.send({ expired: owner.id }),
  });
  Module({ imports: [byokModule], controllers: [Chat] })(SharedModule);
  const app = await NestFactory.create(SharedModule, { logger: ['error'] });
  app.use(
    session({
      secret: 'a-secret-of-the-tests',
      resave: false,
      saveUninitialized: false,
      cookie: { sameSite: 'lax' },
      store: sessions(),
    }),
  );
  const byok = app.get(ByokService);
  // Of the application's own, which no limit of writes counts.
  app.use('/own', async (request, response, next) => {
    try {
      const { user, key } = request.query;
      if (request.path === '/sign-in') {
        const visitor = request.session;
        await new Promise((resolve) => visitor.regenerate(resolve));
        request.session.user = user;
        response.json({ adopted: await byok.adoptSessionKeys(request, { from: visitor }), pid: process.pid });
      } else if (request.method === 'PUT') {
        await byok.setKey(request, 'openai', key);
        response.json({ pid: process.pid });
      } else {
        response.json({ deleted: await byok.deleteKey(request, 'openai'), pid: process.pid });
      }
    } catch (error) {
      next(error);
    }
  });
  await app.listen(0, '127.0.0.1');
  return app;
}

const apps = {};
for (const [name, store] of Object.entries(STORES)) apps[name] = await start(store);

process.on('disconnect', async () => {
  for (const app of Object.values(apps)) {
    app.getHttpServer().closeAllConnections();
    await app.close();
  }
  await pool.end();
  redis?.destroy();
  process.exit();
});
process.send({
  ports: Object.fromEntries(Object.entries(apps).map(([name, app]) => [name, app.getHttpServer().address().port])),
});
