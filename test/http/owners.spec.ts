import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, ForbiddenException, Get, HttpException, ServiceUnavailableException } from '@nestjs/common';
import { inspect } from 'node:util';
import { type ByokModuleOptions, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, KEY, SAME_SITE, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { STORAGES_ON_PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { mutatingRoutes } from '../support/routes.js';

const ALICES = 'alices-example-of-an-api-key-77aa';

@Controller('chat')
class Chat {
  @Get()
  @RequireApiKey('openai')
  chat() {
    return 'chatted';
  }
}

describe.each(STORAGES_ON_PLATFORMS)("Somebody else's keys in %s storage on %s", (storage, platform) => {
  let database: TestDatabase;
  let app: EdgeApp;

  beforeAll(async () => {
    database = await createDatabase();
    const db = storage === 'session' ? undefined : database.url;
    app = await startEdge({ platform, options: { storage, db, rateLimit: false }, controllers: [Chat] });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('are not read or changed by whatever a request says', async () => {
    const alice = await app.browser('alice');
    for (const label of ['default', 'work']) {
      await alice.put('/byok/api/keys/openai').send({ apiKey: ALICES, label }).expect(200);
    }
    const before = (await alice.get('/byok/api/keys').expect(200)).body as { keys: unknown[] };
    expect(before.keys).toHaveLength(2);
    const session = await fetch(`${app.url}/sign-in?user=bob`, { method: 'POST' });
    const cookie = session.headers.getSetCookie()[0].split(';')[0];
    const names = ['user', 'userId', 'user_id', 'owner', 'ownerId', 'owner_id', 'ownerKind', 'owner_kind', 'id', 'sub'];
    const query = names.map((name) => `${name}=alice`).join('&');
    const headers: Record<string, string> = {
      ...SAME_SITE,
      cookie: `${cookie}; ${names.map((name) => `${name}=alice`).join('; ')}`,
      ...Object.fromEntries(names.map((name) => [`x-${name.replace('_', '-')}`, 'alice'])),
      from: 'alice',
    };
    const routes = [
      { method: 'GET', path: '/byok' },
      { method: 'GET', path: '/byok/api/keys' },
      { method: 'GET', path: '/chat' },
      ...mutatingRoutes(app.nest, '/byok'),
    ];
    expect(routes).toHaveLength(16);
    const answers: string[] = [];
    for (const { method, path } of routes) {
      for (const provider of ['openai', 'alice', 'user%0Aalice%0Aopenai']) {
        const isForm = !path.startsWith('/byok/api');
        for (const type of isForm ? ['application/x-www-form-urlencoded'] : ['application/json']) {
          const fields = { label: 'work', ...Object.fromEntries(names.map((name) => [name, 'alice'])) };
          const body = type === 'application/json' ? JSON.stringify(fields) : new URLSearchParams(fields).toString();
          const answer = await fetch(`${app.url}${path.replace(':provider', provider)}?${query}`, {
            method,
            headers: { ...headers, ...(method === 'GET' ? {} : { 'content-type': type }) },
            body: method === 'GET' || method === 'DELETE' ? undefined : body,
            redirect: 'manual',
          });
          answers.push(await answer.text());
          expect(answer.status).toBeLessThan(500);
        }
      }
    }
    expect(answers.join('\n')).not.toMatch(/77aa|alice|"label":"work"/);
    expect((await alice.get('/byok/api/keys')).body).toEqual(before);
    await alice.get('/chat').expect(200);
  });

  it('are not those of somebody whose id looks alike', async () => {
    const alikes = ['zoé', 'zoe\u0301', 'Zoé', 'ｚoé', 'zoé\u200b', 'zо\u00e9', 'zoé%', 'zo_', "zoé' OR '1'='1"];
    for (const [i, id] of alikes.entries()) {
      const agent = await app.browser(encodeURIComponent(id));
      expect([id, (await agent.get('/byok/api/keys').expect(200)).body]).toEqual([id, { keys: [] }]);
      await agent
        .put('/byok/api/keys/openai')
        .send({ apiKey: `${ALICES.slice(0, -4)}no-${i}` })
        .expect(200);
    }
    for (const [i, id] of alikes.entries()) {
      const { keys } = (await (await app.browser(encodeURIComponent(id))).get('/byok/api/keys')).body;
      // In sessions, each browser has its own.
      if (storage === 'session') expect(keys).toEqual([]);
      else expect(keys).toMatchObject([{ hint: `…no-${i}` }]);
    }
    for (const id of ['zoé ', '\u00a0zoé', 'zoé\n', '\ufeffzoé', 'zoé\0']) {
      await (await app.browser(encodeURIComponent(id))).get('/byok/api/keys').expect(401);
    }
  });

  it('answer like keys that are not there, byte for byte', async () => {
    const alice = await app.browser('carol');
    await alice.put('/byok/api/keys/openai').send({ apiKey: ALICES }).expect(200);
    const bob = await app.browser('dave');
    const remove = async (path: string) => {
      const { status, text, headers } = await bob.delete(path);
      return { status, text, headers: { ...(headers as object), date: undefined } };
    };
    const foreign = await remove('/byok/api/keys/openai');
    expect(foreign.status).toBe(404);
    expect(foreign.text).toBe('{"statusCode":404,"code":"BYOK_KEY_NOT_FOUND","message":"There is no such key."}');
    expect(await remove('/byok/api/keys/nobody-has-this')).toEqual(foreign);
    expect((await alice.get('/byok/api/keys')).body.keys).toHaveLength(1);
  });
});

describe.each(['session', 'database', 'hybrid'] as const)('Users who cannot be told, with %s storage', (storage) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let resolveUser: ByokModuleOptions['resolveUser'];

  beforeAll(async () => {
    database = await createDatabase();
    app = await startEdge({
      options: {
        storage,
        db: storage === 'session' ? undefined : database.url,
        rateLimit: false,
        resolveUser: (request) => resolveUser!(request),
      },
      controllers: [Chat],
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const gives = (value: unknown): [string, () => never][] => [
    [`gives ${inspect(value)}`, () => value as never],
    [`promises ${inspect(value)}`, () => Promise.resolve(value) as never],
  ];
  const fails = (error: unknown): [string, () => never][] => [
    [
      `throws ${inspect(error, { depth: 0, breakLength: 200 }).split('\n')[0]}`,
      () => {
        throw error;
      },
    ],
    [
      `rejects with ${inspect(error, { depth: 0 }).split('\n')[0]}`,
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what an application may do
      () => Promise.reject(error) as never,
    ],
  ];

  // The storages differ only in where a visitor's keys are: all of the list for one of them, and a part for the others.
  const values = [
    ...['', ' ', 0, -0, NaN, Infinity, 1.5, {}, { id: 'alice' }, ['alice'], [], true, false, 0n].flatMap(gives),
    ...['undefined', 'null', 'NaN', '[object Object]', 'a\0b', 'x'.repeat(256), '\ud800', ' alice'].flatMap(gives),
    ...[new Error(`a message with ${KEY}`), new TypeError('x'), 'a text', undefined, null, { status: 200 }].flatMap(
      fails,
    ),
  ];
  it.each(storage === 'hybrid' ? values : values.filter((_, i) => i % 14 === 0))(
    'are 401 where resolveUser %s',
    async (_, broken) => {
      const agent = await app.browser();
      resolveUser = () => 'alice';
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
      await agent.get('/chat').expect(200);
      resolveUser = broken;
      app.log.length = 0;
      const body = {
        statusCode: 401,
        code: 'BYOK_USER_REQUIRED',
        message: 'Sign in first: the user of this request could not be determined.',
      };
      for (const test of [
        agent.get('/byok/api/keys'),
        agent.put('/byok/api/keys/openai').send({ apiKey: ALICES }),
        agent.delete('/byok/api/keys/openai'),
        agent.delete('/byok/api/keys'),
        agent.get('/chat'),
      ]) {
        const answer = await test;
        expect([answer.status, answer.body]).toEqual([401, body]);
        expect(answer.headers).toMatchObject(SECURITY_HEADERS);
      }
      expect((await agent.get('/byok').set('Accept', 'text/html')).status).toBe(401);
      expect(app.log.join()).not.toContain(KEY);
      resolveUser = () => 'alice';
      expect((await agent.get('/byok/api/keys')).body.keys).toMatchObject([{ hint: '…1f9c' }]);
    },
  );

  it("keep the application's own answer, and its status on our routes", async () => {
    const agent = await app.browser();
    resolveUser = () => {
      throw new HttpException({ error: 'token_expired', hint: 'refresh' }, 401);
    };
    await agent.get('/chat').expect(401, { error: 'token_expired', hint: 'refresh' });
    expect((await agent.get('/byok/api/keys').expect(401)).body).toMatchObject({ code: 'BYOK_USER_REQUIRED' });
    resolveUser = async () => {
      throw new ForbiddenException('Suspended.');
    };
    await agent.get('/chat').expect(403, { statusCode: 403, message: 'Suspended.', error: 'Forbidden' });
    expect((await agent.get('/byok/api/keys').expect(403)).body).toMatchObject({ code: 'BYOK_REFUSED' });
    resolveUser = () => {
      throw new ServiceUnavailableException();
    };
    expect((await agent.get('/byok/api/keys').expect(503)).body).toMatchObject({ code: 'BYOK_UNAVAILABLE' });
  });

  it('are visitors where resolveUser says there is nobody', async () => {
    const agent = await app.browser();
    for (const nobody of [undefined, null]) {
      resolveUser = () => nobody;
      const list = await agent.get('/byok/api/keys');
      if (storage === 'database') {
        expect(list.status).toBe(401);
        expect(list.body).toEqual({
          statusCode: 401,
          code: 'BYOK_USER_REQUIRED',
          message: 'Sign in first: keys are stored per user here.',
        });
        expect((await agent.get('/chat')).status).toBe(401);
      } else {
        expect([list.status, list.body]).toEqual([200, { keys: [] }]);
        expect((await agent.get('/chat')).status).toBe(403);
      }
    }
  });
});

describe('Bodies of errors', () => {
  it.each(['production', 'development', 'test', undefined])('tell nothing under NODE_ENV %s', async (env) => {
    const before = process.env['NODE_ENV'];
    if (env === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = env;
    const database = await createDatabase();
    const app = await startEdge({ options: { db: database.url, https: 'off' }, controllers: [Chat] });
    try {
      const agent = await app.browser('alice-of-the-test');
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
      const texts = [(await agent.put('/byok/api/keys/openai').type('json').send(`{"apiKey":"${KEY}`)).text];
      await database.query('ALTER TABLE user_api_keys RENAME COLUMN ciphertext TO away');
      for (const test of [
        agent.get('/byok/api/keys'),
        agent.get('/byok').set('Accept', 'text/html'),
        agent.put('/byok/api/keys/openai').send({ apiKey: KEY }),
        agent.get('/chat'),
        agent.get('/chat').set('Accept', 'text/html'),
      ]) {
        const { status, text, headers } = await test;
        expect(status).toBe(503);
        expect(headers).toMatchObject(SECURITY_HEADERS);
        texts.push(text);
      }
      jest.spyOn(app.byok, 'listKeys').mockRejectedValue(new Error(`SELECT ${KEY} at /srv/app.js`));
      const unexpected = await agent.get('/byok/api/keys').expect(500);
      expect(unexpected.body).toEqual({ statusCode: 500, code: 'BYOK_INTERNAL', message: 'Something went wrong.' });
      for (const text of [...texts, ...app.log]) {
        expect(text).not.toMatch(/SELECT|INSERT|ciphertext|column|alice-of-the-test|postgres:/);
        expect(text).not.toContain(KEY);
      }
      // The script of our own pages is one that everybody may know.
      const withoutScript = texts.map((text) => text.replace(/"\/byok\/assets\/byok\.[0-9a-f]{16}\.js"/, ''));
      for (const text of withoutScript) expect(text).not.toMatch(/node_modules|\.[jt]s\b|\n\s+at /);
    } finally {
      jest.restoreAllMocks();
      process.env['NODE_ENV'] = before;
      await app.close();
      await database.drop();
    }
  });
});
