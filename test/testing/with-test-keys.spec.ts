import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Injectable, Module, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type AddressInfo, createServer, type Server } from 'node:net';
import request from 'supertest';
import { type TestKeysOptions, withTestKeys } from '../../lib/entries/testing.js';
import {
  ApiKey,
  type ByokEvent,
  ByokHealth,
  ByokModule,
  type ByokModuleOptions,
  type ByokRequest,
  ByokService,
  ConfigurationError,
  InvalidKeyError,
  RequireApiKey,
  type ResolvedApiKey,
  ResolvedKey,
  RotationService,
} from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { adapterOf, PLATFORMS } from '../support/platforms.js';

const ALICE = 'sk-test-of-alice-1a2b';

@Controller()
class ChatController {
  @Post('chat')
  @RequireApiKey('openai')
  chat(@ApiKey() key: string) {
    return { key };
  }

  @Get('labelled')
  @RequireApiKey('azure', { label: 'work' })
  labelled(@ResolvedKey() { apiKey, fields, label }: ResolvedApiKey) {
    return { apiKey, fields, label };
  }
}

/** Where the application's database should be. It counts who comes. */
let postgres: Server;
let connections: number;
let events: ByokEvent[];

beforeAll(async () => {
  postgres = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => postgres.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => postgres.close(resolve)));
beforeEach(() => {
  connections = 0;
  events = [];
});

const resolveUser = (incoming: ByokRequest) => incoming.headers['x-user'] as string | undefined;

function appModule(more: Partial<ByokModuleOptions> = {}, isGlobal = true) {
  const db = `postgres://app:secret@127.0.0.1:${(postgres.address() as AddressInfo).port}/app`;
  const options = { secret: process.env.NO_SUCH_SECRET!, db, resolveUser, rateLimit: false as const, ...more };
  @Module({
    imports: [ByokModule.forRoot({ ...options, onEvent: (event) => void events.push(event), isGlobal })],
    controllers: [ChatController],
  })
  class AppModule {}
  return AppModule;
}

describe.each(PLATFORMS)('An application under withTestKeys() on %s', (platform) => {
  let app: INestApplication | undefined;

  afterEach(async () => {
    await app?.close();
    app = undefined;
    expect(connections).toBe(0);
  });

  async function start(options: TestKeysOptions, module: new () => object = appModule()): Promise<INestApplication> {
    const testing = await withTestKeys(Test.createTestingModule({ imports: [module] }), options).compile();
    app = testing.createNestApplication(adapterOf(platform), { logger: false });
    await app.listen(0, '127.0.0.1');
    return app;
  }

  const as = (user: string | undefined, method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string) => {
    const sent = request(app!.getHttpServer())[method](path).set('Sec-Fetch-Site', 'same-origin');
    return user === undefined ? sent : sent.set('X-User', user);
  };

  it('gives each user their own key, and refuses the others', async () => {
    await start({ keys: { alice: { openai: ALICE }, '7': { openai: 'sk-test-of-seven' } } });
    await as('alice', 'post', '/chat').expect(201, { key: ALICE });
    await as('7', 'post', '/chat').expect(201, { key: 'sk-test-of-seven' });
    const { body } = await as('bob', 'post', '/chat').expect(403);
    expect(body).toEqual({
      statusCode: 403,
      code: 'BYOK_KEY_REQUIRED',
      message: expect.any(String),
      providers: ['openai'],
      manageUrl: '/byok',
    });
    await as(undefined, 'post', '/chat').expect(401);
    expect(events.map(({ type, owner, source }) => [type, owner.id, source])).toEqual([
      ['used', 'alice', 'database'],
      ['used', '7', 'database'],
      ['denied', 'bob', 'database'],
    ]);
  });

  it('takes labels, fields, expired keys and several keys of one provider', async () => {
    const keys = {
      alice: {
        azure: [
          { apiKey: 'key-of-alice-at-work', label: 'work', fields: { endpoint: 'http://127.0.0.1:1' } },
          { apiKey: 'key-of-alice-at-home', label: 'home' },
        ],
        openai: { apiKey: ALICE, expiresAt: new Date(0) },
      },
    };
    await start({ keys });
    // Using keys removes those that have expired.
    const { body } = await as('alice', 'get', '/byok/api/keys').expect(200);
    expect(
      body.keys.map((key: Record<string, unknown>) => [key.provider, key.label, key.status, key.isDefault]),
    ).toEqual([
      ['azure', 'home', 'active', false],
      ['azure', 'work', 'active', true],
      ['openai', 'default', 'expired', false],
    ]);
    await as('alice', 'get', '/labelled').expect(200, {
      apiKey: 'key-of-alice-at-work',
      fields: { endpoint: 'http://127.0.0.1:1' },
      label: 'work',
    });
    await as('alice', 'post', '/chat').expect(403);
  });

  it('has the JSON API, the pages and the service as in production', async () => {
    await start({ keys: { alice: { openai: ALICE } } }, appModule({ audit: true }));
    const byok = app!.get(ByokService);
    await as('alice', 'put', '/byok/api/keys/mistral').send({ apiKey: 'key-of-alice-0123456789' }).expect(200);
    await as('alice', 'patch', '/byok/api/keys/mistral').send({ label: 'work' }).expect(200);
    expect(await byok.getKey({ userId: 'alice' }, 'mistral', { label: 'work' })).toBe('key-of-alice-0123456789');
    await byok.setKey({ userId: 'alice' }, 'openai', 'sk-test-of-alice-too', { label: 'two' });
    await as('alice', 'put', '/byok/api/keys/openai/default').send({ label: 'two' }).expect(200);
    await as('alice', 'post', '/chat').expect(201, { key: 'sk-test-of-alice-too' });
    const { text } = await as('alice', 'get', '/byok').set('Accept', 'text/html').expect(200);
    expect(text).toContain('mistral');
    const listed = await byok.listKeys({ userId: 'alice' });
    expect(listed.map(({ label, lastUsedAt }) => [label, lastUsedAt !== null])).toEqual([
      ['work', true],
      ['default', false],
      ['two', true],
    ]);
    await as('alice', 'delete', '/byok/api/keys/mistral').expect(204);
    const trail = await byok.auditTrail({ userId: 'alice' });
    expect(trail.map(({ action, provider }) => [action, provider])).toEqual([
      ['deleted', 'mistral'],
      ['used', 'openai'],
      ['updated', 'openai'],
      ['stored', 'openai'],
      ['used', 'mistral'],
      ['updated', 'mistral'],
      ['stored', 'mistral'],
    ]);
    await byok.eraseUser('alice');
    expect(await byok.exportMetadata('alice')).toMatchObject({ keys: [], auditEntries: [] });
  });

  it('keeps nothing from one test to the next', async () => {
    await start({ keys: { alice: { openai: ALICE } } });
    await app!.close();
    await start({});
    await as('alice', 'post', '/chat').expect(403);
  });

  it('takes every request for that of a user', async () => {
    await start({ keys: { alice: { openai: ALICE } }, resolveUser: () => 'alice' });
    await as(undefined, 'post', '/chat').expect(201, { key: ALICE });
  });

  it.each<[string, Partial<ByokModuleOptions>]>([
    ['an empty db', { db: undefined }],
    ['session storage', { db: undefined, storage: 'session' }],
    ['database storage', { storage: 'database' }],
    ['a connection of TypeORM', { db: {} }],
    ['a secret of its own', { secret: SECRET }],
    [
      'a wrapper',
      { secret: { id: 'a', wrap: () => Promise.reject(new Error()), unwrap: () => Promise.reject(new Error()) } },
    ],
  ])('starts an application with %s', async (_, options) => {
    await start({ keys: { alice: { openai: ALICE } } }, appModule(options));
    await as('alice', 'post', '/chat').expect(201, { key: ALICE });
  });

  it('says what cannot be done without a database, and that it is well', async () => {
    await start({ keys: { alice: { openai: ALICE } } });
    const rotation = app!.get(RotationService);
    const message = /^withTestKeys\(\) runs the application without a database/;
    for (const work of [() => rotation.rotate(), () => rotation.verify(), () => rotation.status()]) {
      await expect(work()).rejects.toThrow(ConfigurationError);
      await expect(work()).rejects.toThrow(message);
    }
    expect(await app!.get(ByokHealth).check()).toEqual({ healthy: true, checks: { keys: 'up' } });
  });
});

describe('withTestKeys()', () => {
  it('gives keys to a controller alone, and whatever injects the service', async () => {
    @Injectable()
    class Models {
      constructor(private readonly byok: ByokService) {}
      list = () => this.byok.listProviders({ userId: 'alice' });
    }
    const builder = Test.createTestingModule({ controllers: [ChatController], providers: [Models] });
    const options = { keys: { alice: { openai: ALICE } }, resolveUser: () => 'alice' };
    expect(withTestKeys(builder, options)).toBe(builder);
    const module = await builder.compile();
    expect(await module.get(Models).list()).toEqual(['openai']);
    const app = await module.createNestApplication({ logger: false }).init();
    await request(app.getHttpServer()).post('/chat').expect(201, { key: ALICE });
    await app.close();
  });

  it.each<[string, () => object]>([
    ['a promise', () => ({ imports: [Promise.resolve({ module: appModule() })] })],
    ['a forward reference', () => ({ imports: [{ forwardRef: () => appModule() }] })],
    ['another module', () => ({ imports: [{ module: class Outer {}, imports: [appModule({}, false)] }] })],
    [
      'an asynchronous registration',
      () => ({
        imports: [ByokModule.forRootAsync({ useFactory: async () => ({ secret: '', db: '', resolveUser }) })],
        controllers: [ChatController],
      }),
    ],
  ])('finds the module behind %s', async (_, metadata) => {
    const builder = Test.createTestingModule(metadata());
    const module = await withTestKeys(builder, { keys: { alice: { openai: ALICE } } }).compile();
    const app = await module.createNestApplication({ logger: false }).init();
    await request(app.getHttpServer()).post('/chat').set('X-User', 'alice').expect(201, { key: ALICE });
    await app.close();
  });

  it.each<[string, TestKeysOptions['keys'], RegExp]>([
    [
      'a key that is too short',
      { alice: { openai: 'sk-1' } },
      /^withTestKeys\(\): keys\.alice\.openai: A key has at least 8/,
    ],
    ['a shortened key', { alice: { openai: 'sk-abcdef…1234' } }, /keys\.alice\.openai: This is a shortened display/],
    ['a provider of another form', { alice: { 'Open AI': ALICE } }, /keys\.alice\.Open AI: A provider's name/],
    ['no user', { '': { openai: ALICE } }, /keys\.\.openai: "" cannot be the id of a user/],
    ['one label twice', { alice: { openai: [ALICE, `${ALICE}b`] } }, /two keys labeled 'default'/],
  ])('refuses %s without quoting the key', async (_, keys, message) => {
    const compiled = withTestKeys(Test.createTestingModule({ imports: [appModule()] }), { keys }).compile();
    await expect(compiled).rejects.toThrow(message);
    await expect(compiled).rejects.not.toBeInstanceOf(InvalidKeyError);
    await expect(compiled).rejects.not.toThrow(/sk-abcdef|sk-test/);
  });

  it('is what keeps the application from its database', async () => {
    const module = await Test.createTestingModule({
      imports: [appModule({ secret: SECRET })],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    await expect(app.init()).rejects.toThrow();
    await app.close().catch(() => undefined);
    expect(connections).toBeGreaterThan(0);
  });
});
