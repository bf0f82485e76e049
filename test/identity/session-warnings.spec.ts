import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifySessionOptions } from '@fastify/session';
import session, { type SessionOptions, type Store } from 'express-session';
import { startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';

/** A store of an application's, as far as its name goes. */
class RedisStore extends session.MemoryStore {}

const SAYS = {
  store: "Sessions are stored in this process's memory",
  httpOnly: 'Scripts can read the session cookie',
  sameSite: "Other sites' requests carry the session cookie",
  secure: 'The session cookie is not marked secure',
  lost: 'sessions do not last',
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
    ['none but that it is for https', { ...good }, ['lost']],
    ['strict', { ...good, sameSite: 'strict' }, ['lost']],
    ['a cookie that scripts read', { ...good, httpOnly: false }, ['httpOnly', 'lost']],
    ['a cookie without sameSite', { ...good, sameSite: undefined }, ['sameSite', 'lost']],
    ['a cookie that is none of the site’s', { ...good, sameSite: 'none' }, ['sameSite', 'lost']],
    ['a cookie for open connections', { ...good, secure: false }, ['secure']],
    ['all of them', { httpOnly: false, secure: false }, ['httpOnly', 'sameSite', 'secure']],
  ])('are told once each: %s', async (_, cookie, expected) => {
    // A cookie that is secure does not come back here, so each request begins a session.
    expect(await onExpress(cookie)).toEqual(expected);
  });

  it('are told of a store in memory in production, and of no other', async () => {
    expect(await onExpress({ ...good }, new session.MemoryStore())).toEqual(['store', 'lost']);
    process.env['NODE_ENV'] = 'development';
    expect(await onExpress({ ...good, secure: false }, new session.MemoryStore())).toEqual([]);
  });

  it.each<[string, FastifySessionOptions['cookie'], boolean, string[]]>([
    ['a good cookie and a store', { ...good }, true, ['lost']],
    ['the store of its own', { ...good }, false, ['store', 'lost']],
    [
      'a weak cookie',
      { httpOnly: false, sameSite: undefined, secure: false },
      true,
      ['httpOnly', 'sameSite', 'secure'],
    ],
  ])('are told on Fastify: %s', async (_, cookie, withStore, expected) => {
    const sessions = { cookie: cookie as SessionOptions['cookie'], saveUninitialized: true };
    const store = withStore ? new RedisStore() : undefined;
    const app = await startEdge({ platform: 'fastify', options: { https: 'off' }, store, sessions });
    try {
      for (let i = 0; i < 3; i++) expect((await fetch(`${app.url}/byok/api/keys`)).status).toBe(200);
      expect(saidIn(app.log)).toEqual(expected);
    } finally {
      await app.close();
    }
  });
});

describe.each(PLATFORMS)('Missing sessions on %s', (platform) => {
  it('are logged once, if keys are kept in them', async () => {
    const app = await startEdge({ platform, sessions: false });
    try {
      for (const user of [undefined, 'alice', 'bob']) {
        const { status } = await app.client(user).get('/byok/api/keys').set('Sec-Fetch-Site', 'same-origin');
        expect(status).toBe(503);
      }
      const lines = app.log.filter((line) => line.includes('A request has no session'));
      expect(lines).toEqual([expect.stringContaining('Register express-session or @fastify/session')]);
    } finally {
      await app.close();
    }
  });
});
