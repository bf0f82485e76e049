import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Module,
  Scope,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import request from 'supertest';
import {
  ApiKey,
  ApiKeyGuard,
  ByokModule,
  CleanupInterceptor,
  ConfigurationError,
  HttpsGuard,
  KeyRequiredError,
  RequireApiKey,
} from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { adapterOf, PLATFORMS } from '../support/platforms.js';

let calls: number;

@Controller()
class ChatController {
  @Get('chat')
  @RequireApiKey('openai')
  chat(@ApiKey() key: string) {
    calls++;
    return { key };
  }

  @Get('plain')
  @RequireApiKey('openai')
  plain() {
    calls++;
    return { ok: true };
  }
}

@Injectable()
class OwnGuard extends ApiKeyGuard {}

/** Nest calls no hooks of it. */
@Injectable({ scope: Scope.REQUEST })
class LateGuard extends ApiKeyGuard {
  override onModuleInit(): void {}
}

function controllerWith(decorator: ClassDecorator): Type {
  @Controller()
  @decorator
  class Decorated {
    @Get('chat')
    chat() {
      calls++;
    }
  }
  return Decorated;
}

beforeEach(() => {
  calls = 0;
});

describe('A unit test of a controller, without ByokModule', () => {
  it('compiles as Nest generates it', async () => {
    const module = await Test.createTestingModule({ controllers: [ChatController] }).compile();
    expect(module.get(ChatController).chat('a key')).toEqual({ key: 'a key' });
    await module.close();
  });

  it.each<[string, ClassDecorator]>([
    ['HttpsGuard', UseGuards(HttpsGuard)],
    ['CleanupInterceptor', UseInterceptors(CleanupInterceptor)],
    ['OwnGuard', UseGuards(OwnGuard)],
  ])('compiles with %s', async (_, decorator) => {
    const controller = controllerWith(decorator);
    const module = await Test.createTestingModule({ controllers: [controller] }).compile();
    expect(module.get(controller)).toBeInstanceOf(controller);
    await module.close();
  });
});

describe.each(PLATFORMS)('An application without ByokModule on %s', (platform) => {
  let app: INestApplication | undefined;

  afterEach(async () => {
    await app?.close().catch(() => undefined);
    app = undefined;
  });

  async function start(builder: TestingModuleBuilder): Promise<INestApplication> {
    const module = await builder.compile();
    app = module.createNestApplication(adapterOf(platform), { logger: false });
    await app.listen(0, '127.0.0.1');
    return app;
  }

  it.each<[string, Type]>([
    ['ApiKeyGuard', ChatController],
    ['HttpsGuard', controllerWith(UseGuards(HttpsGuard))],
    ['CleanupInterceptor', controllerWith(UseInterceptors(CleanupInterceptor))],
    ['OwnGuard', controllerWith(UseGuards(OwnGuard))],
  ])('does not start with %s', async (name, controller) => {
    const started = start(Test.createTestingModule({ controllers: [controller] }));
    await expect(started).rejects.toThrow(ConfigurationError);
    await expect(started).rejects.toThrow(
      new RegExp(`^${name} is used in a module that does not see ByokModule. Add ByokModule.forRoot`),
    );
  });

  it('does not start if the module is there, but not seen', async () => {
    @Module({ imports: [ByokModule.forRoot({ secret: SECRET, isGlobal: false })] })
    class OtherModule {}
    const started = start(Test.createTestingModule({ imports: [OtherModule], controllers: [ChatController] }));
    await expect(started).rejects.toThrow('ApiKeyGuard is used in a module that does not see ByokModule.');
  });

  it('refuses every request to a guard that is made for each request', async () => {
    @Controller()
    class Scoped {
      @Get('chat')
      @RequireApiKey('openai')
      @UseGuards(LateGuard)
      chat() {
        calls++;
      }
    }
    await start(
      Test.createTestingModule({ controllers: [Scoped] })
        .overrideGuard(ApiKeyGuard)
        .useValue({ canActivate: () => true }),
    );
    const { body } = await request(app!.getHttpServer()).get('/chat').expect(500);
    expect(body).toMatchObject({
      code: 'BYOK_CONFIGURATION',
      message: expect.stringMatching(/^LateGuard is used in a module that does not see ByokModule/),
    });
    expect(calls).toBe(0);
  });

  it('runs guarded handlers after overrideGuard(), but gives no key', async () => {
    await start(
      Test.createTestingModule({ controllers: [ChatController] })
        .overrideGuard(ApiKeyGuard)
        .useValue({ canActivate: () => true }),
    );
    await request(app!.getHttpServer()).get('/plain').expect(200, { ok: true });
    const { body } = await request(app!.getHttpServer()).get('/chat').expect(500);
    expect(body).toMatchObject({ code: 'BYOK_CONFIGURATION', message: expect.stringMatching(/its guard did not run/) });
    expect(calls).toBe(1);
  });

  it('answers an error of the library as with the module, but for the address of the pages', async () => {
    const canActivate = () => {
      throw new KeyRequiredError(['openai']);
    };
    await start(
      Test.createTestingModule({ controllers: [ChatController] })
        .overrideGuard(ApiKeyGuard)
        .useValue({ canActivate }),
    );
    const { body } = await request(app!.getHttpServer()).get('/plain').expect(403);
    expect(body).toEqual({
      statusCode: 403,
      code: 'BYOK_KEY_REQUIRED',
      message: expect.any(String),
      providers: ['openai'],
    });
    expect(calls).toBe(0);
  });
});
