import 'reflect-metadata';
import { Body, Controller, Delete, Get, Inject, Module, Param, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import connectPgSimple from 'connect-pg-simple';
import session from 'express-session';
import pg from 'pg';
import { ApiKey, ByokModule, ByokService, RequireApiKey } from '../../dist/index.js';

// An application with sessions in Postgres, in a process of its own. It keeps keys with the library and, as a control,
// in the raw session and in a variable of the process.

const { options, sessionsUrl } = JSON.parse(process.env.BYOK_TEST_OPTIONS);
const later = () => {
  let resolve;
  return { promise: new Promise((done) => (resolve = done)), resolve };
};
let slow = { entered: later(), released: later() };
/** Whose request it is, as one keeps it who does not think of other requests. */
let current;

class KeysController {
  constructor(byok) {
    this.byok = byok;
  }
  signIn({ session }, user) {
    session.user = user;
    return { user };
  }
  signOut({ session }) {
    delete session.user;
    return { user: null };
  }
  async slow({ session }) {
    slow.entered.resolve();
    await slow.released.promise;
    session.visits = (session.visits ?? 0) + 1;
  }
  async slowEntered() {
    await slow.entered.promise;
  }
  slowRelease() {
    slow.released.resolve();
    slow = { entered: later(), released: later() };
  }
  guarded(apiKey) {
    return { key: apiKey };
  }
  async key(request, provider) {
    return { key: await this.byok.getKey(request, provider) };
  }
  async store(request, provider, { key }) {
    await this.byok.setKey(request, provider, key);
  }
  async remove(request, provider) {
    return { deleted: await this.byok.deleteKey(request, provider) };
  }
  async clear(request) {
    return { cleared: await this.byok.clearKeys(request) };
  }
  rawKey({ session }, provider) {
    return { key: session.raw?.[provider] ?? null };
  }
  rawStore({ session }, provider, { key }) {
    session.raw = { ...session.raw, [provider]: key };
  }
  rawRemove({ session }, provider) {
    delete session.raw?.[provider];
  }
  rawClear({ session }) {
    delete session.raw;
  }
  async naive({ session, sessionStore, sessionID }) {
    current = session.user;
    await new Promise((resolve) => sessionStore.get(sessionID, resolve));
    return { key: `test-key-of-${current}-0123456789` };
  }
}
Controller()(KeysController);
Inject(ByokService)(KeysController, undefined, 0);
route('signIn', Post('sign-in/:user'), Req(), Param('user'));
route('signOut', Post('sign-out'), Req());
route('slow', Post('slow'), Req());
route('slowEntered', Post('slow-entered'));
route('slowRelease', Post('slow-release'));
route('guarded', Get('guarded'), ApiKey());
route('key', Get('keys/:provider'), Req(), Param('provider'));
route('store', Post('keys/:provider'), Req(), Param('provider'), Body());
route('remove', Delete('keys/:provider'), Req(), Param('provider'));
route('clear', Delete('keys'), Req());
route('rawKey', Get('raw/:provider'), Req(), Param('provider'));
route('rawStore', Post('raw/:provider'), Req(), Param('provider'), Body());
route('rawRemove', Delete('raw/:provider'), Req(), Param('provider'));
route('rawClear', Delete('raw'), Req());
route('naive', Get('naive'), Req());
RequireApiKey('openai')(KeysController.prototype, 'guarded', descriptor('guarded'));

function descriptor(name) {
  return Object.getOwnPropertyDescriptor(KeysController.prototype, name);
}
function route(name, method, ...parameters) {
  parameters.forEach((parameter, i) => parameter(KeysController.prototype, name, i));
  method(KeysController.prototype, name, descriptor(name));
}

class SessionModule {}
Module({
  imports: [ByokModule.forRoot({ ...options, https: 'off', resolveUser: ({ session }) => session?.user })],
  controllers: [KeysController],
})(SessionModule);

const app = await NestFactory.create(SessionModule, { logger: false });
const pool = new pg.Pool({ connectionString: sessionsUrl, connectionTimeoutMillis: 1_000, query_timeout: 1_500 });
pool.on('error', () => undefined);
const Store = connectPgSimple(session);
const store = new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false, errorLog: () => undefined });
app.use(
  session({
    secret: 'a-secret-of-the-tests',
    resave: false,
    saveUninitialized: false,
    store,
    cookie: { sameSite: 'lax' },
  }),
);
// What an application answers where its sessions cannot be had; under its own path the library does so itself.
app.use((error, request, response, next) =>
  request.path.startsWith('/byok') || response.headersSent
    ? next(error)
    : response.status(503).json({ statusCode: 503 }),
);
await app.listen(0, '127.0.0.1');

process.on('disconnect', async () => {
  app.getHttpServer().closeAllConnections();
  await app.close();
  process.exit();
});
process.send({ ready: true, port: app.getHttpServer().address().port });
