import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  Req,
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
import { ApiKey, ApiKeyGuard, type ByokRequest, type KeyRequirement, RequireApiKey } from '../../lib/index.js';
import { KeyStorage } from '../../lib/entries/storage.js';
import { type EdgeApp, type EdgeSetup, KEY, startEdge } from '../support/edge-app.js';
import { OnClass, OnMethods } from '../support/guarded.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const ALICE = { userId: 'alice' };

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

describe.each(PLATFORMS)('Where ApiKeyGuard stands on %s', (platform) => {
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
    app = await startEdge({ platform, options: { db: database.url, ...options }, controllers: [controller], ...more });
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

  it.each<[string, (request: ByokRequest, user: object) => ByokRequest]>([
    ['made of another', (request, user) => Object.assign(Object.create(request) as ByokRequest, { user })],
    ['copied from another', (request, user) => ({ ...request, headers: request.headers, user })],
    ['that is frozen', ({ headers }, user) => Object.freeze({ headers, user })],
  ])("takes a request %s for one of its own, and not the other's keys for its keys", async (_, make) => {
    class ForAnother extends ApiKeyGuard {
      protected override getRequest(context: ExecutionContext): ByokRequest {
        const request = super.getRequest(context);
        return make(request, { id: request.headers['x-on-behalf-of'] });
      }
    }
    @Controller()
    class Both {
      @Get()
      @UseGuards(ForAnother)
      @RequireApiKey('openai')
      one(@ApiKey() key: string) {
        return { key };
      }
    }
    const { client } = await start(Both);
    const ask = (user: string) => client('alice').get('/').set('X-On-Behalf-Of', user);
    expect((await ask('alice').expect(200)).body).toEqual({ key: KEY });
    await ask('bob').expect(403);
  });

  it('works behind a global prefix and with versions, and says where keys are managed', async () => {
    const { client, close } = await start(Versioned, {
      configure: (nest) => nest.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
    });
    expect((await client('alice').get('/api/v2/versioned').expect(200)).body).toEqual({ key: KEY });
    const { body } = await client('bob').get('/api/v2/versioned').expect(403);
    expect(body).toMatchObject({ code: 'BYOK_KEY_REQUIRED', manageUrl: '/api/byok' });
    await client('bob').get('/api/byok').expect(200);
    await client('bob').get('/api/byok/api/keys').expect(200, { keys: [] });
    expect((await client('bob').get('/api/byok/absent').expect(404)).body).toMatchObject({ code: 'BYOK_NOT_FOUND' });
    await close();
    const byHeader = await start(Versioned, {
      configure: (nest) =>
        nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' }),
    });
    const alice = byHeader.client('alice').set('X-Version', '2');
    expect((await alice.get('/versioned').expect(200)).body).toEqual({ key: KEY });
    await alice.get('/byok').expect(200);
    await byHeader.client('bob').get('/byok/api/keys').expect(200, { keys: [] });
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
