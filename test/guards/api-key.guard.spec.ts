import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  Req,
  Scope,
  UseGuards,
  Version,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Request } from 'express';
import pg from 'pg';
import {
  ApiKey,
  ApiKeyGuard,
  EncryptionService,
  KeyStorage,
  RequireAnyApiKey,
  RequireApiKey,
  ResolvedKey,
  type ByokEvent,
  type ByokRequest,
  type KeyRequirement,
  type ResolvedApiKey,
} from '../../lib/index.js';
import { KEY, startEdge, type EdgeApp, type EdgeSetup } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const ALICE = { userId: 'alice' };
const keyOf = (provider: string) => `${KEY}-${provider}`;

@Controller('on-methods')
class OnMethods {
  @Get('one')
  @RequireApiKey('openai')
  one(@ApiKey() key: string) {
    return { key };
  }

  @Get('any')
  @RequireAnyApiKey(['anthropic', 'openai'])
  any(@ResolvedKey() { provider, apiKey }: ResolvedApiKey) {
    return { provider, key: apiKey };
  }

  @Get('labelled')
  @RequireApiKey('openai', { label: 'work' })
  labelled(@ResolvedKey() { label, apiKey }: ResolvedApiKey) {
    return { label, key: apiKey };
  }

  @Get('several')
  @RequireApiKey('openai')
  @RequireApiKey('mistral')
  several(@ApiKey('mistral') mistral: string, @ApiKey('openai') openai: string, @ApiKey() first: string) {
    return { mistral, openai, first };
  }

  @Get('twice')
  @RequireApiKey('openai')
  @RequireAnyApiKey(['openai', 'mistral'])
  @RequireApiKey('openai')
  twice(@ApiKey() key: string) {
    return { key };
  }

  @Get('open')
  open() {
    return { open: true };
  }
}

@Controller('on-class')
@RequireApiKey('openai')
class OnClass {
  @Get('one')
  one(@ApiKey() key: string) {
    return { key };
  }

  @Get('both')
  @RequireApiKey('mistral')
  both(@ApiKey() first: string, @ApiKey('mistral') mistral: string) {
    return { first, mistral };
  }
}

@Controller('subclass')
@RequireApiKey('mistral')
class Subclass extends OnClass {
  @Get('own')
  own(@ApiKey('openai') openai: string, @ApiKey('mistral') mistral: string) {
    return { openai, mistral };
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
@RequireApiKey('openai')
class Scoped {
  @Get()
  one(@ApiKey() key: string) {
    return { key };
  }
}

@Controller('versioned')
class Versioned {
  @Get()
  @Version('2')
  @RequireApiKey('openai')
  one(@ApiKey() key: string) {
    return { key };
  }
}

/** What is sent to Postgres from now on, by whatever way. */
function watchStatements(): string[] {
  const statements: string[] = [];
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const original = prototype.query;
  jest.spyOn(prototype, 'query').mockImplementation(function (this: unknown, ...args: unknown[]) {
    const [statement] = args as [string | { text: string }];
    statements.push(typeof statement === 'string' ? statement : statement.text);
    return original.apply(this, args);
  });
  return statements;
}

describe.each(['session', 'database', 'hybrid'] as const)('ApiKeyGuard with %s storage', (storage) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let events: ByokEvent[];

  beforeAll(async () => {
    database = await createDatabase();
    const db = storage === 'session' ? undefined : database.url;
    const onEvent = (event: ByokEvent) => void events.push(event);
    app = await startEdge({
      options: { storage, db, onEvent, rateLimit: false, cleanup: { onRequest: false } },
      controllers: [OnMethods, OnClass, Subclass, Scoped],
    });
  });
  beforeEach(() => {
    events = [];
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function userWith(...keys: string[]) {
    const agent = await app.browser(`user-${Math.trunc(performance.now() * 1e6)}`);
    for (const name of keys) {
      const [provider, label] = name.split('/');
      await agent
        .put(`/byok/api/keys/${provider}`)
        .send({ apiKey: keyOf(name), label })
        .expect(200);
    }
    return agent;
  }

  it.each<[string, string[], object]>([
    ['on-methods/one', ['openai'], { key: keyOf('openai') }],
    ['on-methods/any', ['openai'], { provider: 'openai', key: keyOf('openai') }],
    ['on-methods/any', ['openai', 'anthropic'], { provider: 'anthropic', key: keyOf('anthropic') }],
    ['on-methods/labelled', ['openai', 'openai/work'], { label: 'work', key: keyOf('openai/work') }],
    [
      'on-methods/several',
      ['openai', 'mistral'],
      { mistral: keyOf('mistral'), openai: keyOf('openai'), first: keyOf('openai') },
    ],
    ['on-methods/twice', ['openai'], { key: keyOf('openai') }],
    ['on-methods/open', [], { open: true }],
    ['on-class/one', ['openai'], { key: keyOf('openai') }],
    ['on-class/both', ['openai', 'mistral'], { first: keyOf('openai'), mistral: keyOf('mistral') }],
    ['subclass/own', ['openai', 'mistral'], { openai: keyOf('openai'), mistral: keyOf('mistral') }],
    ['subclass/one', ['openai', 'mistral'], { key: keyOf('openai') }],
    ['scoped', ['openai'], { key: keyOf('openai') }],
  ])('lets %s have what it asks for of %j', async (path, keys, expected) => {
    const agent = await userWith(...keys);
    const read = jest.spyOn(app.nest.get<KeyStorage>(KeyStorage), 'read');
    const decrypt = jest.spyOn(app.nest.get(EncryptionService), 'decrypt');
    const { body } = await agent.get(`/${path}`).expect(200);
    expect(body).toEqual(expected);
    const handedOut = Object.values(expected).filter((value) => String(value).startsWith(KEY));
    expect(read).toHaveBeenCalledTimes(handedOut.length > 0 ? 1 : 0);
    const used = path === 'subclass/one' ? 2 : new Set(handedOut).size;
    expect(decrypt).toHaveBeenCalledTimes(used);
    expect(events.filter(({ type }) => type === 'used')).toHaveLength(used);
  });

  it.each<[string, string[], string[]]>([
    ['on-methods/one', [], ['openai']],
    ['on-methods/any', ['mistral'], ['anthropic', 'openai']],
    ['on-methods/labelled', ['openai'], ['openai']],
    ['on-methods/several', ['openai'], ['mistral']],
    ['on-class/one', ['mistral'], ['openai']],
    ['on-class/both', ['openai'], ['mistral']],
    ['on-class/both', ['mistral'], ['openai']],
    ['subclass/own', ['openai'], ['mistral']],
    ['subclass/own', ['mistral'], ['openai']],
    ['scoped', [], ['openai']],
  ])('keeps from %s who has only %j', async (path, keys, providers) => {
    const agent = await userWith(...keys);
    const decrypt = jest.spyOn(app.nest.get(EncryptionService), 'decrypt');
    const { body } = await agent.get(`/${path}`).expect(403);
    expect(body).toEqual({
      statusCode: 403,
      code: 'BYOK_KEY_REQUIRED',
      message: `An API key is required for: ${providers.join(' or ')}.`,
      providers,
      manageUrl: '/byok',
    });
    // What would not be used is not decrypted.
    expect(decrypt).not.toHaveBeenCalled();
    expect(events.filter(({ type }) => type === 'denied').map(({ provider }) => provider)).toEqual(providers);
  });

  it('does not take a key that cannot be read for one that is missing, nor the next instead', async () => {
    const agent = await userWith('anthropic', 'openai');
    await agent.get('/on-methods/any').expect(200);
    if (storage === 'session') return;
    await database.query(
      `UPDATE user_api_keys SET ciphertext = set_byte(ciphertext, 95, 7 # get_byte(ciphertext, 95))`,
    );
    for (const path of ['on-methods/any', 'on-methods/one', 'on-class/one']) {
      const { body } = await agent.get(`/${path}`).expect(503);
      expect(body).toEqual({
        statusCode: 503,
        code: 'BYOK_UNAVAILABLE',
        message: 'A stored key could not be encrypted or decrypted.',
      });
    }
    expect((await database.query('SELECT provider FROM user_api_keys')).length).toBeGreaterThan(0);
    await database.query('DELETE FROM user_api_keys');
  });
});

describe('ApiKeyGuard', () => {
  let database: TestDatabase;
  let app: EdgeApp | undefined;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await app?.close();
  });
  afterAll(() => database.drop());

  async function start(controller: Type, more: EdgeSetup = {}, options: EdgeSetup['options'] = {}) {
    app = await startEdge({ options: { db: database.url, ...options }, controllers: [controller], ...more });
    await app.byok.setKey(ALICE, 'openai', KEY);
    return app;
  }

  it('asks Postgres once a request', async () => {
    const { client } = await start(OnClass, {}, { cleanup: { onRequest: false } });
    await app!.byok.setKey(ALICE, 'mistral', KEY);
    await client('alice').get('/on-class/both').expect(200);
    const statements = watchStatements();
    await client('alice').get('/on-class/both').expect(200);
    await client('alice').get('/on-class/one').expect(200);
    expect(statements).toEqual([expect.stringMatching(/^SELECT/i), expect.stringMatching(/^SELECT/i)]);
  });

  it('can be of the whole application, and then runs after the guard that signs in', async () => {
    @Injectable()
    class SignIn implements CanActivate {
      canActivate(context: ExecutionContext) {
        const request = context.switchToHttp().getRequest<ByokRequest>();
        request.user = { id: request.headers['x-late-user'] };
        return true;
      }
    }
    const { url } = await start(OnMethods, {
      providers: [
        { provide: APP_GUARD, useClass: SignIn },
        { provide: APP_GUARD, useClass: ApiKeyGuard },
      ],
    });
    const get = (path: string) => fetch(url + path, { headers: { 'x-late-user': 'alice' } });
    expect(await (await get('/on-methods/one')).json()).toEqual({ key: KEY });
    expect((await get('/on-methods/open')).status).toBe(200);
    expect((await get('/on-methods/labelled')).status).toBe(403);
  });

  it('runs where it stands among the guards: those of the class first, those of a method from the bottom up', async () => {
    class Named implements CanActivate {
      canActivate(context: ExecutionContext) {
        const request = context.switchToHttp().getRequest<ByokRequest>();
        request.user = { id: request.headers['x-late-user'] };
        return true;
      }
    }
    @Controller()
    class OnMethod {
      @Get('below')
      @RequireApiKey('openai')
      @UseGuards(Named)
      below(@ApiKey() key: string) {
        return { key };
      }
    }
    @Controller('class')
    @UseGuards(Named)
    class OnController {
      @Get()
      @RequireApiKey('openai')
      one(@ApiKey() key: string) {
        return { key };
      }
    }
    const { url } = await start(OnMethod, { controllers: [OnMethod, OnController] });
    for (const path of ['/below', '/class']) {
      const answer = await fetch(url + path, { headers: { 'x-late-user': 'alice' } });
      expect(await answer.json()).toEqual({ key: KEY });
    }
  });

  it('is not asked where a guard before it refuses, in that guard’s own words', async () => {
    class Refusing implements CanActivate {
      canActivate(): boolean {
        throw new ForbiddenException('Members only.');
      }
    }
    @Controller()
    class Members {
      @Get()
      @RequireApiKey('openai')
      @UseGuards(Refusing)
      one(@ApiKey() key: string) {
        return { key };
      }
    }
    const { client, nest } = await start(Members);
    const read = jest.spyOn(nest.get<KeyStorage>(KeyStorage), 'read');
    const { body } = await client('alice').get('/').expect(403);
    expect(body).toEqual({ statusCode: 403, message: 'Members only.', error: 'Forbidden' });
    expect(read).not.toHaveBeenCalled();
  });

  it('lets a subclass say which request is meant and what is thrown', async () => {
    class ForAnother extends ApiKeyGuard {
      protected override getRequest(context: ExecutionContext): ByokRequest {
        const request = super.getRequest(context);
        request.user = { id: request.headers['x-on-behalf-of'] };
        return request;
      }

      protected override createMissingKeyError({ providers }: KeyRequirement) {
        return new HttpException(`No ${providers.join(' or ')}, no tea.`, 418);
      }
    }
    @Controller()
    class Teapot {
      @Get()
      @UseGuards(ForAnother)
      @RequireApiKey('openai')
      one(@ApiKey() key: string) {
        return { key };
      }
    }
    const { client } = await start(Teapot, { providers: [{ provide: APP_GUARD, useClass: ForAnother }] });
    const answer = await client('bob').get('/').set('X-On-Behalf-Of', 'alice').expect(200);
    expect(answer.body).toEqual({ key: KEY });
    const refused = await client('alice').get('/').set('X-On-Behalf-Of', 'bob').expect(418);
    expect(refused.body).toEqual({ statusCode: 418, message: 'No openai, no tea.' });
  });

  it('works behind a global prefix and with versions, and says where keys are managed', async () => {
    const { client } = await start(Versioned, {
      configure: (nest) => nest.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
    });
    expect((await client('alice').get('/api/v2/versioned').expect(200)).body).toEqual({ key: KEY });
    const { body } = await client('bob').get('/api/v2/versioned').expect(403);
    expect(body).toMatchObject({ code: 'BYOK_KEY_REQUIRED', manageUrl: '/api/byok' });
    await client('bob').get('/api/byok').expect(200);
    await client('bob').get('/api/byok/api/keys').expect(200, { keys: [] });
  });

  it('says where keys are managed where they are excluded from the prefix, and nowhere without pages', async () => {
    const { client, close } = await start(OnMethods, {
      configure: (nest) => nest.setGlobalPrefix('api', { exclude: ['byok', 'byok/{*path}'] }),
    });
    const { body } = await client('bob').get('/api/on-methods/one').expect(403);
    expect(body).toMatchObject({ manageUrl: '/byok' });
    await client('bob').get('/byok').expect(200);
    await close();
    const pageless = await start(OnMethods, {}, { dashboard: false });
    const answer = await pageless.client('bob').get('/on-methods/one').expect(403);
    expect(Object.keys(answer.body as object)).toEqual(['statusCode', 'code', 'message', 'providers']);
    await pageless.client('bob').get('/byok').expect(404);
  });

  it('reads the keys of the user the request has, not of one that a client names', async () => {
    @Controller()
    class Whoever {
      @Get()
      @RequireApiKey('openai')
      one(@Req() _request: Request, @ApiKey() key: string) {
        return { key };
      }
    }
    const { client } = await start(Whoever);
    await client('bob').get('/?user=alice&userId=alice&owner_id=alice').set('X-User-Id', 'alice').expect(403);
    await client().get('/?userId=alice').expect(403);
  });
});
