import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import session from 'express-session';
import { ApiKey, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, SAME_SITE, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { startStopwatch } from '../support/lost-time.js';
import { STORAGES_ON_PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

@Controller()
class Own {
  @Get('chat')
  @RequireApiKey('openai')
  chat(@ApiKey() key: string) {
    return { key };
  }
}

const keyOf = (user: string) => `an-example-of-an-api-key-of-${user}`;

describe.each(STORAGES_ON_PLATFORMS)('Sessions over HTTP with %s storage on %s', (storage, platform) => {
  let database: TestDatabase;
  let app: EdgeApp;
  const store = new session.MemoryStore();

  beforeAll(async () => {
    database = await createDatabase();
    app = await startEdge({
      platform,
      store,
      options: { storage, db: storage === 'session' ? undefined : database.url, rateLimit: false },
      controllers: [Own],
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const send = (cookie: string, path: string, method = 'GET', body?: object) =>
    fetch(app.url + path, {
      method,
      headers: { ...SAME_SITE, cookie, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
  const become = async (user: string, cookie = '') => {
    const answer = await send(cookie, `/sign-in?user=${user}`, 'POST');
    return answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
  };
  const save = (cookie: string, user: string) =>
    send(cookie, '/byok/api/keys/openai', 'PUT', { apiKey: keyOf(user) }).then(async (answer) => {
      if (answer.status >= 500 && platform === 'fastify') return { status: answer.status, text: await answer.text() };
      // express-session keeps the end of an answer until the store has answered, which may be never.
      await answer.body?.cancel();
      return { status: answer.status, text: '' };
    });
  const listed = async (cookie: string) =>
    ((await (await send(cookie, '/byok/api/keys')).json()) as { keys: { provider: string }[] }).keys.length;
  const used = async (cookie: string) => {
    const answer = await send(cookie, '/chat');
    return answer.status === 200 ? ((await answer.json()) as { key: string }).key : answer.status;
  };
  /** What is left to a visitor of a database that has only users' keys. */
  const nothing = storage === 'database' ? 401 : 403;

  it('show a user nothing of the one before, nor after a sign-out, nor in a session that somebody fixed', async () => {
    const cookie = await become('alice');
    expect((await save(cookie, 'alice')).status).toBe(200);
    expect(await used(cookie)).toBe(keyOf('alice'));
    await become('bob', cookie);
    expect([await listed(cookie), await used(cookie)]).toEqual([0, 403]);
    expect((await save(cookie, 'bob')).status).toBe(200);
    await become('alice', cookie);
    expect(await used(cookie)).toBe(storage === 'session' ? 403 : keyOf('alice'));
    const page = await (await send(cookie, '/byok')).text();
    expect(page).not.toContain('bob');
    // Signs out as carelessly as can be: only the user goes.
    await send(cookie, '/sign-in', 'POST');
    expect(await used(cookie)).toBe(nothing);
    // A visitor plants a key in a session and has a victim sign in there.
    const fixed = (await send('', '/byok')).headers.getSetCookie()[0]?.split(';')[0];
    if (storage === 'database') expect(fixed).toBeUndefined();
    else {
      expect((await save(fixed, 'mallory')).status).toBe(200);
      await become('victim', fixed);
      expect([await listed(fixed), await used(fixed)]).toEqual([0, 403]);
      expect((await save(fixed, 'victim')).status).toBe(200);
      expect(await used(fixed)).toBe(keyOf('victim'));
      await send(fixed, '/sign-in', 'POST');
      expect(await used(fixed)).not.toBe(keyOf('victim'));
    }
  });

  it('of a store that is slow and fails at times give everybody their own, or 503', async () => {
    const users = Array.from({ length: 8 }, (_, i) => `slow-${i}`);
    const cookies = await Promise.all(users.map((user) => become(user)));
    for (const [i, cookie] of cookies.entries()) expect((await save(cookie, users[i])).status).toBe(200);
    const get = store.get.bind(store);
    let asked = 0;
    const slow = jest.spyOn(store, 'get').mockImplementation((id, done) => {
      const fails = ++asked % 5 === 0;
      setTimeout(() => (fails ? done(new Error('connect ECONNREFUSED 10.0.0.7')) : get(id, done)), (asked * 7) % 30);
    });
    try {
      const answers = await Promise.all(
        Array.from({ length: 120 }, async (_, i) => {
          const answer = await send(cookies[i % 8], i % 3 === 0 ? '/byok/api/keys' : '/chat');
          const text = await answer.text();
          if (answer.status === 200 && i % 3 !== 0) expect(JSON.parse(text)).toEqual({ key: keyOf(users[i % 8]) });
          for (const user of users.filter((each) => each !== users[i % 8])) expect(text).not.toContain(keyOf(user));
          expect(text).not.toContain('ECONNREFUSED');
          if (i % 3 === 0) {
            expect([200, 503]).toContain(answer.status);
            expect(Object.fromEntries(answer.headers)).toMatchObject(SECURITY_HEADERS);
          }
          return answer.status;
        }),
      );
      expect(answers.filter((status) => status === 200).length).toBeGreaterThan(60);
      expect(answers.filter((status) => status >= 500).length).toBeGreaterThan(10);
      expect(answers.filter((status) => ![200, 500, 503].includes(status))).toEqual([]);
    } finally {
      slow.mockRestore();
    }
    for (const [i, cookie] of cookies.entries()) expect(await used(cookie)).toBe(keyOf(users[i]));
  });

  it('that cannot be saved, or are not saved in time, make a write 503 and no key of it', async () => {
    const cookie = await become('erin');
    const full = (done: (error?: unknown) => void) => done(new Error('full of hunter2'));
    // Fastify does not begin an answer before its session is saved.
    for (const fail of platform === 'express' ? [full, () => undefined] : [full]) {
      const set = jest.spyOn(store, 'set').mockImplementation((_, __, done) => fail(done as never));
      const stop = startStopwatch();
      try {
        const { status, text } = await save(cookie, 'erin');
        // And where it cannot be saved, the answer is that; what was written is.
        expect(status).toBe(storage === 'session' || platform === 'fastify' ? 503 : 200);
        expect(text).not.toContain('hunter2');
        expect(stop()).toBeLessThan(5_000);
      } finally {
        set.mockRestore();
      }
      expect(await used(cookie)).toBe(storage === 'session' ? 403 : keyOf('erin'));
    }
  });
});
