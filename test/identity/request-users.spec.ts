import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import type { Request } from 'express';
import { ApiKey, type ByokModuleOptions, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, type EdgeSetup, KEY, SAME_SITE, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

@Controller('chat')
class Chat {
  @Get()
  @RequireApiKey('openai')
  chat(@ApiKey() key: string) {
    return { key };
  }
}

const HEX = '65f0c0ffee0c0ffee0c0ffee';

/** As bson's, whose own properties are hidden. */
class ObjectId {
  readonly #hex: string;

  constructor(hex: string) {
    this.#hex = hex;
  }

  toHexString() {
    return this.#hex;
  }
}

/** As a document of Mongoose: `_id` is an ObjectId, and `id` its text, by a getter. */
class Document {
  readonly _id = new ObjectId(HEX);

  get id() {
    return this._id.toHexString();
  }
}

/** What libraries and applications put into `request.user`, and whose it is. */
const USERS: [string, unknown, string][] = [
  ["Nest's recipe for Passport", { userId: 'alice', username: 'alice' }, 'alice'],
  ["Nest's recipe for JWT", { sub: 1, username: 'john', iat: 1, exp: 2 }, '1'],
  ['a row of a database', { id: 7, email: 'a@example.com', password: 'hash' }, '7'],
  ['a row of Prisma, whose ids are bigint', { id: 9007199254740993n }, '9007199254740993'],
  ['a document of Mongoose', new Document(), HEX],
  ['an entity of MongoDB', { id: new ObjectId(HEX) }, HEX],
  ['a token of Auth0', { iss: 'https://x', sub: 'auth0|abc', aud: 'y', scope: 'z' }, 'auth0|abc'],
  ['a token of Firebase', { uid: 'Zx9', user_id: 'Zx9', sub: 'Zx9', firebase: {} }, 'Zx9'],
  ['a user of Supabase', { id: 'b4c1', aud: 'authenticated', role: 'authenticated' }, 'b4c1'],
  ['a user of better-auth', { id: 'k2', emailVerified: true, createdAt: new Date() }, 'k2'],
  ['a token of Keycloak', { sub: 'f-1', preferred_username: 'a', realm_access: {} }, 'f-1'],
  ['a token of Cognito', { sub: 'c-1', username: 'alice', 'cognito:groups': [] }, 'c-1'],
  ['a profile of GitHub', { id: '583231', provider: 'github', displayName: 'A' }, '583231'],
  ['claims beside a row', { id: 'by-id', sub: 'by-sub' }, 'by-id'],
  ['the same id twice', { id: 7, userId: '7', sub: '7' }, '7'],
  ['an id that is not there yet', { id: null, sub: 'by-sub' }, 'by-sub'],
  ['an instance of a class without a prototype', Object.assign(Object.create(null) as object, { id: 'x' }), 'x'],
];

/** A request with one of these is refused: nobody knows whose it is. */
const UNUSABLE: [string, unknown, string][] = [
  ['no id', { username: 'alice', email: 'a@example.com' }, 'an object with username, email'],
  ['a document of MongoDB, without its id as text', { _id: new ObjectId(HEX), name: 'A' }, 'an object with _id, name'],
  ['a user record of Firebase', { uid: 'Zx9', email: 'a@example.com' }, 'an object with uid, email'],
  ['a session of better-auth', { session: { id: 's' }, user: { id: 'u' } }, 'an object with session, user'],
  ['a profile of SAML', { nameID: 'a@example.com', issuer: 'x' }, 'an object with nameID, issuer'],
  ['a membership', { id: 's1', userId: 'alice' }, 'request.user.id and request.user.userId differ'],
  ['a subject and another user', { sub: 's1', userId: 'alice' }, 'request.user.sub and request.user.userId differ'],
  ['nothing', {}, 'an object without properties'],
  ['only ids that are not there', { id: null, sub: undefined }, 'an object with id, sub'],
  ['an empty id', { id: '', sub: 'alice' }, 'request.user.id is an empty string'],
  ['an id of zero', { id: 0 }, 'request.user.id is a number that'],
  ['an id that is an object', { id: { value: 'alice' } }, 'request.user.id is an object with value'],
  ['an id that says of itself what it is', { id: { [Symbol.toPrimitive]: () => 'alice' } }, 'request.user.id is'],
  ['an id as an object of its type', { id: new String('alice') }, 'request.user.id is an object with'],
  ['an id that is still to come', { id: Promise.resolve('alice') }, 'request.user.id is an object without'],
  ['an id in another hex', { id: { toHexString: () => 'alice' } }, 'request.user.id is an object with toHexString'],
  ['an id that is very long', { id: 'a'.repeat(256) }, 'request.user.id is a string of more than 255'],
  ['a list', ['alice'], 'request.user is an array'],
  ['a name', 'alice', 'request.user is a string'],
  ['an empty name', '', 'request.user is a string'],
  ['a number', 7, 'request.user is a number'],
  ['zero', 0, 'request.user is a number'],
  ['yes', true, 'request.user is a boolean'],
  ['a function', () => ({ id: 'alice' }), 'request.user is a function'],
  [
    'a getter that throws',
    Object.defineProperty({}, 'id', {
      get: () => {
        throw new TypeError(KEY);
      },
    }),
    'reading request.user failed: TypeError',
  ],
  [
    'a proxy that has nothing and shows nothing',
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new TypeError(KEY);
        },
      },
    ),
    'an object without properties',
  ],
  ['a name of a property that forges a line', { 'x\nERROR all is lost': 1 }, 'an object with x\ufffdERROR'],
];

/** Signs of a user without `request.user`. */
const SIGNS: [string, object, string][] = [
  ['express-jwt', { auth: { sub: 'alice' } }, 'request.auth is set'],
  ['Clerk', { auth: () => ({ userId: 'alice' }) }, 'request.auth is set'],
  ['express-openid-connect', { oidc: { user: { sub: 'alice' } } }, 'request.oidc.user is set'],
  ['keycloak-connect', { kauth: { grant: { access_token: {} } } }, 'request.kauth.grant is set'],
  ['an interceptor', { currentUser: { id: 'alice' } }, 'request.currentUser is set'],
];

/** Which of them a request has. */
type Sent = { user?: unknown; more?: object };

describe.each(PLATFORMS)('The user of a request, where the application says nothing, on %s', (platform) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let sent: Sent = {};

  const start = (options: Partial<ByokModuleOptions> = {}, imports: EdgeSetup['imports'] = []) =>
    startEdge({
      platform,
      imports,
      options: { db: database.url, rateLimit: false, ...options },
      controllers: [Chat],
      authenticate: (request) => {
        if (sent.user !== undefined) request.user = sent.user;
        Object.assign(request, sent.more);
      },
    });

  beforeAll(async () => {
    database = await createDatabase();
    app = await start();
  });
  afterEach(async () => {
    sent = {};
    await database.query('DELETE FROM user_api_keys');
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const owners = async () =>
    (await database.query('SELECT owner_id FROM user_api_keys ORDER BY 1')).map(({ owner_id }) => owner_id as string);

  it.each(USERS)('is found in %s', async (_, user, owner) => {
    const agent = await app.browser();
    sent = { user };
    await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    expect(await owners()).toEqual([owner]);
    expect((await agent.get('/chat').expect(200)).body).toEqual({ key: KEY });
    // The next one in the same browser.
    sent = { user: { id: 'bob' } };
    await agent.get('/chat').expect(403);
    sent = {};
    await agent.get('/chat').expect(403);
  });

  const unusable = platform === 'express' ? UNUSABLE : UNUSABLE.filter((_, i) => i % 5 === 0);
  it.each(unusable)('is refused with %s, never a visitor, and the operator reads why', async (_, user, why) => {
    const fresh = await start();
    try {
      const agent = await fresh.browser();
      // A key that the session holds already is nobody's then.
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
      fresh.log.length = 0;
      sent = { user };
      for (const test of [
        agent.put('/byok/api/keys/mistral').send({ apiKey: KEY }),
        agent.get('/byok/api/keys'),
        agent.delete('/byok/api/keys/openai'),
        agent.delete('/byok/api/keys'),
        agent.get('/chat'),
        agent.get('/byok'),
        agent.post('/byok/keys/openai').type('form').send({ api_key: KEY }),
      ]) {
        const { status, body } = await test;
        expect([status, body]).toEqual([
          401,
          {
            statusCode: 401,
            code: 'BYOK_USER_REQUIRED',
            message: 'Sign in first: the user of this request could not be determined.',
          },
        ]);
      }
      expect(fresh.log).toEqual([expect.stringContaining(why)]);
      if (!why.includes('failed')) expect(fresh.log[0]).toContain('Set the option resolveUser');
      expect(fresh.log.join()).not.toMatch(/alice|a@example|Zx9/);
      expect(fresh.log.join()).not.toContain(KEY);
      sent = {};
      expect((await agent.get('/byok/api/keys').expect(200)).body.keys).toHaveLength(1);
      expect(await owners()).toEqual([]);
    } finally {
      await fresh.close();
    }
  });

  it.each(SIGNS)('is refused where %s shows one that is not in request.user', async (_, more, why) => {
    const fresh = await start();
    try {
      const agent = await fresh.browser();
      sent = { more };
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(401);
      await agent.get('/chat').expect(401);
      expect(fresh.log).toEqual([expect.stringContaining(why)]);
      sent = { more, user: { id: 'alice' } };
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
      expect(await owners()).toEqual(['alice']);
    } finally {
      await fresh.close();
    }
  });

  it('is found where middleware of Nest writes it, on Fastify the request of Node', async () => {
    @Module({})
    class Authentication implements NestModule {
      configure(consumer: MiddlewareConsumer) {
        consumer
          .apply(
            (request: Omit<Request, 'user'> & { user?: unknown; auth?: unknown }, _: unknown, next: () => void) => {
              request.user = request.headers['x-user'] && { id: request.headers['x-user'] };
              request.auth = request.headers['x-auth'];
              next();
            },
          )
          .forRoutes('{*path}');
      }
    }
    const fresh = await start({}, [Authentication]);
    try {
      const agent = (name: string) => fresh.client().set(name, 'alice').set(SAME_SITE);
      await agent('x-user').put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
      expect(await owners()).toEqual(['alice']);
      expect((await agent('x-user').get('/chat').expect(200)).body).toEqual({ key: KEY });
      await agent('x-auth').put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(401);
    } finally {
      await fresh.close();
    }
  });

  it.each([
    ['nothing', {}],
    ['null', { user: null }],
    ['false, as Passport says of nobody', { user: false }],
    ['what libraries leave on requests of nobody', { more: { oidc: { user: undefined }, kauth: {}, auth: null } }],
  ])('is an anonymous visitor with %s', async (_, nobody) => {
    const agent = await app.browser();
    sent = nobody;
    const { body } = await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    expect(body.source).toBe('session');
    expect((await agent.get('/chat').expect(200)).body).toEqual({ key: KEY });
    await (await app.browser()).get('/chat').expect(403);
  });

  it('is not made of what a polluted prototype gives to every object', async () => {
    const agent = await app.browser();
    const polluted = Object.prototype as Record<string, unknown>;
    try {
      polluted['id'] = 'alice';
      polluted['userId'] = 'alice';
      sent = { user: { name: 'bob' } };
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(401);
      sent = { user: { sub: 'bob' } };
      await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
      expect(await owners()).toEqual(['bob']);
    } finally {
      delete polluted['id'];
      delete polluted['userId'];
    }
  });

  it('warns where one property is not the id of all users', async () => {
    const fresh = await start();
    try {
      for (const user of [{ id: 'a' }, { id: 'b' }, { sub: 'c' }, { sub: 'd' }, { id: 'e' }]) {
        sent = { user };
        await fresh.client().get('/byok/api/keys').expect(200);
      }
      expect(fresh.log).toEqual([expect.stringMatching(/request\.user\.id and, on other .* request\.user\.sub/)]);
    } finally {
      await fresh.close();
    }
  });
});
