import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import cookiePlugin from '@fastify/cookie';
import sessionPlugin, { type FastifySessionOptions } from '@fastify/session';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import session, { type SessionOptions, type Store } from 'express-session';
import { ByokModule } from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { startEdge } from '../support/edge-app.js';

/** A store of an application's, as far as its name goes. */
class RedisStore extends session.MemoryStore {}

const SAYS = {
  store: "Sessions are kept in this process' memory",
  httpOnly: 'Scripts can read the cookie of sessions',
  sameSite: "Other sites' requests carry the cookie of sessions",
  secure: 'The cookie of sessions travels over open connections',
};
const saidIn = (log: string[]) =>
  Object.entries(SAYS).flatMap(([name, text]) => log.filter((line) => line.includes(text)).map(() => name));

describe('Weak settings of sessions', () => {
  const before = process.env['NODE_ENV'];
  beforeEach(() => {
    process.env['NODE_ENV'] = 'production';
  });
  afterEach(() => {
    process.env['NODE_ENV'] = before;
  });

  async function onExpress(cookie: SessionOptions['cookie'], store: Store = new RedisStore()) {
    const app = await startEdge({ options: { https: 'off' }, store, sessions: { cookie } });
    try {
      for (let i = 0; i < 3; i++) await (await app.browser('alice')).get('/byok/api/keys').expect(200);
      return saidIn(app.log);
    } finally {
      await app.close();
    }
  }
  const good = { httpOnly: true, sameSite: 'lax', secure: true } as const;

  it.each<[string, SessionOptions['cookie'], string[]]>([
    ['none', { ...good }, []],
    ['strict', { ...good, sameSite: 'strict' }, []],
    ['a cookie that scripts read', { ...good, httpOnly: false }, ['httpOnly']],
    ['a cookie without sameSite', { ...good, sameSite: undefined }, ['sameSite']],
    ['a cookie that is none of the site’s', { ...good, sameSite: 'none' }, ['sameSite']],
    ['a cookie for open connections', { ...good, secure: false }, ['secure']],
    ['all of them', { httpOnly: false, secure: false }, ['httpOnly', 'sameSite', 'secure']],
  ])('are told once each: %s', async (_, cookie, expected) => {
    // A cookie that is secure does not come back here, so each request begins a session.
    expect(await onExpress(cookie)).toEqual(expected);
  });

  it('are told of a store in memory in production, and of no other', async () => {
    expect(await onExpress({ ...good }, new session.MemoryStore())).toEqual(['store']);
    process.env['NODE_ENV'] = 'development';
    expect(await onExpress({ ...good, secure: false }, new session.MemoryStore())).toEqual([]);
  });

  it.each<[string, FastifySessionOptions['cookie'], boolean, string[]]>([
    ['a good cookie and a store', { ...good }, true, []],
    ['the store of its own', { ...good }, false, ['store']],
    ['a weak cookie', { httpOnly: false, secure: false }, true, ['httpOnly', 'sameSite', 'secure']],
  ])('are told on Fastify: %s', async (_, cookie, withStore, expected) => {
    class FastifyModule {}
    const log: string[] = [];
    const warn = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
    const nest = await NestFactory.create<NestFastifyApplication>(
      { module: FastifyModule, imports: [ByokModule.forRoot({ secret: SECRET, https: 'off' })] },
      new FastifyAdapter(),
      { abortOnError: false, logger: { log: () => undefined, error: warn, warn } },
    );
    try {
      await nest.register(cookiePlugin as never);
      await nest.register(sessionPlugin, {
        secret: 'a-secret-of-the-tests-that-is-long',
        cookie,
        ...(withStore && { store: new RedisStore() }),
      });
      await nest.listen(0, '127.0.0.1');
      const url = await nest.getUrl();
      for (let i = 0; i < 3; i++) expect((await fetch(`${url}/byok/api/keys`)).status).toBe(200);
      expect(saidIn(log)).toEqual(expected);
    } finally {
      await nest.close();
    }
  });
});
