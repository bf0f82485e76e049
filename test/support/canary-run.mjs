import 'reflect-metadata';
import { inspect } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import connectPgSimple from 'connect-pg-simple';
import session from 'express-session';
import pg from 'pg';
import { byokEntities, byokMigrations, ByokModule, ByokService, EncryptionService } from '../../dist/index.js';

// An application that logs all it can and sends a canary key through every method of ByokService and its failures. What
// fails is printed as carelessly as can be. With CANARY_CARELESS it also does what nobody should, as a control.

const { CANARY: canary, DATABASE_URL: url, CANARY_CARELESS: careless } = process.env;
const secret = EncryptionService.generateSecret();

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url,
      entities: byokEntities,
      migrations: byokMigrations,
      migrationsRun: true,
      logging: 'all',
      logger: 'simple-console',
      retryAttempts: 0,
    }),
    ByokModule.forRoot({
      secret,
      db: {},
      audit: true,
      maxKeysPerUser: 45,
      providers: {
        strict: { keyPrefix: 'never-', strict: true },
        patterned: { keyPattern: /^never$/ },
        azure: { fields: { endpoint: { type: 'url' }, note: {} } },
      },
      onEvent: (event) => console.log('event', inspect(event)),
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] });
await app.init();
const byok = app.get(ByokService);
const pool = new pg.Pool({ connectionString: url });
const Store = connectPgSimple(session);
const store = new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false });
session({ secret: 'a-secret-of-the-tests', resave: false, saveUninitialized: false, store });

const outcomes = { done: 0, failed: 0 };

/** Does something and prints what comes of it, in every way. What may hold the key is printed as a whole only. */
async function attempt(name, work) {
  let result;
  try {
    result = await work();
    outcomes.done++;
  } catch (error) {
    outcomes.failed++;
    result = error;
    console.error(name, error, String(error), error.stack, JSON.stringify(error));
  }
  console.log(name, inspect(result, { depth: 20, showHidden: true }), JSON.stringify(result), String(result));
}

async function visitor(id) {
  const request = { headers: {}, sessionStore: store };
  if (id) {
    const data = await new Promise((resolve, reject) =>
      store.get(id, (error, found) => (error ? reject(error) : resolve(found))),
    );
    request.sessionID = id;
    store.createSession(request, data);
  } else store.generate(request);
  return request;
}

const user = { userId: 'alice' };
const first = await visitor();
for (const [kind, holder] of [
  ['user', user],
  ['visitor', first],
]) {
  const label = { label: 'work' };
  await attempt(`${kind} setKey`, () => byok.setKey(holder, 'openai', canary));
  await attempt(`${kind} replaces`, () => byok.setKey(holder, 'openai', canary, { ttl: 60_000 }));
  await attempt(`${kind} fields`, () => byok.setKey(holder, 'azure', canary, { ...label, fields: { note: canary } }));
  await attempt(`${kind} resolveKey`, () => byok.resolveKey(holder, ['none', 'openai']));
  await attempt(`${kind} getKey`, async () => (await byok.getKey(holder, 'openai')) === canary);
  for (const method of ['hasKey', 'listProviders', 'listKeys', 'auditTrail']) {
    await attempt(`${kind} ${method}`, () => byok[method](holder, ...(method === 'hasKey' ? ['openai'] : [])));
  }
  await attempt(`${kind} updateKey`, () => byok.updateKey(holder, 'openai', { apiKey: canary }));
  await attempt(`${kind} updates fields`, () => byok.updateKey(holder, 'azure', { fields: { note: `2${canary}` } }));
  await attempt(`${kind} key as new label`, () => byok.updateKey(holder, 'openai', { newLabel: canary }));
  await attempt(`${kind} key as both labels`, () =>
    byok.updateKey(holder, 'openai', { apiKey: canary, label: canary, newLabel: canary }),
  );
  await attempt(`${kind} new address`, () => byok.updateKey(holder, 'azure', { fields: { endpoint: canary } }));
  await attempt(`${kind} setDefaultKey`, () => byok.setDefaultKey(holder, 'openai', 'default'));
  await attempt(`${kind} wrong prefix`, () => byok.setKey(holder, 'strict', canary));
  await attempt(`${kind} wrong pattern`, () => byok.setKey(holder, 'patterned', canary));
  await attempt(`${kind} key as provider`, () => byok.setKey(holder, canary, canary));
  await attempt(`${kind} key as provider of getKey`, () => byok.getKey(holder, canary));
  await attempt(`${kind} key with blanks`, () => byok.setKey(holder, 'openai', `${canary} ${canary}`));
  await attempt(`${kind} key too long`, () => byok.setKey(holder, 'openai', canary.repeat(200)));
  await attempt(`${kind} key with NUL`, () => byok.setKey(holder, 'openai', `${canary}\0`));
  await attempt(`${kind} key in an object`, () => byok.setKey(holder, 'openai', { apiKey: canary }));
  await attempt(`${kind} key as field name`, () => byok.setKey(holder, 'azure', canary, { fields: { [canary]: 'x' } }));
  await attempt(`${kind} key as unknown field`, () =>
    byok.setKey(holder, 'azure', canary, { fields: { other: canary } }),
  );
  await attempt(`${kind} key as URL`, () => byok.setKey(holder, 'azure', canary, { fields: { endpoint: canary } }));
  await attempt(`${kind} key in a URL`, () =>
    byok.setKey(holder, 'azure', canary, {
      fields: { endpoint: `https://u:${encodeURIComponent(canary)}@example.com` },
    }),
  );
  await attempt(`${kind} key as label`, () => byok.setKey(holder, 'openai', canary, { label: canary.repeat(3) }));
  await attempt(`${kind} key as ttl`, () => byok.setKey(holder, 'openai', canary, { ttl: canary }));
  await attempt(`${kind} key as expiry`, () => byok.setKey(holder, 'openai', canary, { expiresAt: canary }));
}
process.env.API_KEY_IMPORTED = canary;
await attempt('importFromEnv', () => byok.importFromEnv(user, ['imported']));
await attempt('key as holder', () => byok.getKey(canary, 'openai'));
await attempt('adoptSessionKeys', async () =>
  byok.adoptSessionKeys({ ...(await visitor(first.sessionID)), user: { id: 'bob' } }),
);
await attempt('exportMetadata', () => byok.exportMetadata('alice'));

// Far from the limit and near it, the statements differ.
for (let i = 0; i < 46; i++) {
  await byok.setKey({ userId: 'carol' }, 'openai', canary, { label: `n${i}` }).catch((error) => console.error(error));
}
await pool.query(
  `UPDATE user_api_keys SET ciphertext = overlay(ciphertext PLACING '\\x00' FROM 95) WHERE owner_id = 'bob'`,
);
await attempt('unreadable', () => byok.resolveKey({ userId: 'bob' }, 'openai'));
await pool.query('ALTER TABLE user_api_keys ADD CONSTRAINT broken CHECK (length(hint) > 99) NOT VALID');
await attempt('refused by the database', () => byok.setKey(user, 'openai', canary));
await attempt('refused in a transaction', () => byok.setKey({ userId: 'carol' }, 'more', canary, { label: 'x' }));
await pool.query('ALTER TABLE user_api_keys DROP CONSTRAINT broken');
await pool.query('ALTER TABLE user_api_keys RENAME TO away');
for (const method of ['setKey', 'getKey', 'hasKey', 'deleteKey', 'listKeys', 'clearKeys', 'deleteExpired']) {
  await attempt(`${method} without a table`, () => byok[method](user, 'openai', canary));
}
await pool.query('ALTER TABLE away RENAME TO user_api_keys');
const broken = await visitor();
broken.session.save = (done) => done(new Error('the store is away'));
await attempt('session not saved', () => byok.setKey(broken, 'openai', canary));
await attempt('deleteKey', () => byok.deleteKey(user, 'openai'));
await attempt('deleteExpired', () => byok.deleteExpired());
await attempt('clearKeys', () => byok.clearKeys({ userId: 'bob' }));
await attempt('eraseUser', () => byok.eraseUser('nobody'));
await attempt('the application', () => inspect(app, { depth: 5, showHidden: true }).length);

// What is in the session stays for the search.
const last = await visitor();
await byok.setKey(last, 'openai', canary, { fields: { note: canary } });

if (careless) {
  console.log(`saved ${canary}`);
  console.error(new Error(`refused: ${Buffer.from(canary).toString('base64')}`));
  await pool.query('INSERT INTO session (sid, sess, expire) VALUES ($1, $2, now())', ['careless', { key: canary }]);
  await pool.query(
    'INSERT INTO user_api_keys SELECT owner_kind, owner_id, $1, label, key_id, $2, hint, fingerprint FROM user_api_keys LIMIT 1',
    ['careless', Buffer.from(canary)],
  );
}
await app.close();
await store.close();
await pool.end();
console.log(`outcomes ${JSON.stringify(outcomes)}`);
