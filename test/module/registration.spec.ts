import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Module, Req } from '@nestjs/common';
import { inspect } from 'node:util';
import {
  ApiKey,
  ByokModule,
  type ByokModuleOptions,
  type ByokOptionsFactory,
  type ByokRequest,
  ByokService,
  ConfigurationError,
  EncryptionService,
  RequireApiKey,
} from '../../lib/index.js';
import { BYOK_MODULE_OPTIONS } from '../../lib/byok.module-definition.js';
import { KeyStorage } from '../../lib/entries/storage.js';
import { SECRET, startWith } from '../support/byok-app.js';
import { type EdgeApp, type EdgeSetup, KEY, startEdge } from '../support/edge-app.js';
import { createDatabase } from '../support/postgres.js';
import { mutatingRoutes } from '../support/routes.js';

const options: ByokModuleOptions = { secret: SECRET, path: 'my/keys', rateLimit: false };

@Injectable()
class Settings implements ByokOptionsFactory {
  createByokOptions() {
    return options;
  }
}

class Empty {}

class Plain {
  create() {
    return options;
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Controller('chat')
class Chat {
  constructor(@Inject(ByokService) readonly byok: ByokService) {}

  @Get()
  @RequireApiKey('openai')
  chat(@ApiKey() key: string, @Req() _: ByokRequest) {
    return { key };
  }
}

const inject = [Settings];
const REGISTRATIONS: [string, () => NonNullable<EdgeSetup['byokModule']>][] = [
  ['forRoot', () => ByokModule.forRoot(options)],
  ['useFactory', () => ByokModule.forRootAsync({ useFactory: () => options })],
  [
    'useFactory that injects and waits',
    () =>
      ByokModule.forRootAsync({
        imports: [SettingsModule],
        inject,
        useFactory: async (settings: Settings) => settings.createByokOptions(),
      }),
  ],
  ['useClass', () => ByokModule.forRootAsync({ useClass: Settings })],
  [
    'useClass with the name of the method that Nest gives it',
    () => ByokModule.forRootAsync({ useClass: Plain as never }),
  ],
  ['useExisting', () => ByokModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings })],
];

describe('ByokModule', () => {
  let apps: EdgeApp[] = [];

  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
  });

  async function start(setup: EdgeSetup): Promise<EdgeApp> {
    const app = await startEdge(setup);
    apps.push(app);
    return app;
  }

  it.each(REGISTRATIONS)('works as %s', async (_, byokModule) => {
    const { browser } = await start({ byokModule: byokModule(), controllers: [Chat] });
    const alice = await browser('alice');
    expect((await alice.get('/chat').expect(403)).body).toMatchObject({ manageUrl: '/my/keys' });
    await alice.put('/my/keys/api/keys/openai').send({ apiKey: KEY }).expect(200);
    await alice.get('/chat').expect(200, { key: KEY });
    await alice.get('/my/keys').expect(200);
    await alice.get('/byok').expect(404);
  });

  it.each<[string, () => NonNullable<EdgeSetup['byokModule']>, string]>([
    ['no options', () => ByokModule.forRoot(undefined as never), 'secret'],
    [
      'options that a factory forgot',
      () => ByokModule.forRootAsync({ useFactory: (() => undefined) as never }),
      'forRoot({',
    ],
    ['a class without the method', () => ByokModule.forRootAsync({ useClass: Empty as never }), 'createByokOptions()'],
    ['no way to the options', () => ByokModule.forRootAsync({}), 'useFactory'],
    ['nothing', () => ByokModule.forRootAsync(undefined as never), 'useFactory'],
  ])('does not start with %s, and says what to write', async (_, byokModule, advice) => {
    const refused = (async () => start({ byokModule: byokModule() }))();
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(advice);
  });

  it('is everywhere unless isGlobal is false; then where it is imported', async () => {
    @Module({ controllers: [Chat] })
    class Feature {}
    const local = { ...options, isGlobal: false };
    const registrations = [
      ByokModule.forRoot(local),
      ByokModule.forRootAsync({ isGlobal: false, useFactory: () => options }),
    ];
    for (const byokModule of registrations) {
      await expect(startWith(byokModule, Feature)).rejects.toThrow(/ByokService .*Feature/);
      @Module({ imports: [byokModule], controllers: [Chat] })
      class Importing {}
      const { browser } = await start({ byokModule, imports: [Importing] });
      const alice = await browser('alice');
      await alice.put('/my/keys/api/keys/openai').send({ apiKey: KEY }).expect(200);
      await alice.get('/chat').expect(200, { key: KEY });
    }
  });

  it('gives applications its public classes to inject, and RouteSupport for those that Nest creates in their modules', () => {
    const { exports: injectable } = ByokModule.forRoot(options);
    const nameOf = (token: unknown) => (typeof token === 'function' ? token.name : String(token));
    expect(injectable?.map(nameOf).sort()).toEqual([
      'ApiKeyGuard',
      'ApiKeyResolver',
      'ByokHealth',
      'ByokService',
      'CleanupInterceptor',
      'EncryptionService',
      'HttpsGuard',
      'HybridKeyStorage',
      'KeyForms',
      'KeyWrapperHealth',
      'RefusalAnswers',
      'RotationService',
      'RouteSupport',
      'SessionKeyStorage',
      'Symbol(KeyStorage)',
      'TypeOrmKeyStorage',
    ]);
  });

  it.each<[string, Partial<ByokModuleOptions>, string[]]>([
    ['all', {}, ['/byok', '/byok/api/keys']],
    ['no JSON', { api: false }, ['/byok']],
    ['no pages', { dashboard: false }, ['/byok/api/keys']],
    ['neither', { api: false, dashboard: false }, []],
  ])('has the routes it is asked for: %s', async (_, more, expected) => {
    const app = await start({ options: more });
    const agent = await app.browser('alice');
    for (const path of ['/byok', '/byok/api/keys', '/', '/keys', '/api/keys']) {
      await agent.get(path).expect(expected.includes(path) ? 200 : 404);
    }
    const below = mutatingRoutes(app.nest, '/').map(({ path }) => path);
    expect(below.some((path) => path.startsWith('/byok/api'))).toBe(more.api !== false);
    expect(below.some((path) => path.startsWith('/byok/keys'))).toBe(more.dashboard !== false);
    expect(below.every((path) => path.startsWith('/byok/'))).toBe(true);
    expect(app.byok).toBeInstanceOf(ByokService);
  });

  it('is of one application each, with paths, users and keys of its own', async () => {
    const [one, other] = await Promise.all([
      start({ options: { path: 'one', resolveUser: () => 'alice' }, controllers: [Chat] }),
      start({ options: { path: 'other', resolveUser: () => 'bob', secret: EncryptionService.generateSecret() } }),
    ]);
    const [first, second] = [await one.browser(), await other.browser()];
    await first.put('/one/api/keys/openai').send({ apiKey: KEY }).expect(200);
    await second.get('/other/api/keys').expect(200, { keys: [] });
    await second.get('/one/api/keys').expect(404);
    await first.get('/other/api/keys').expect(404);
    await other.close();
    apps = [one];
    await first.get('/chat').expect(200, { key: KEY });
  });

  it('prints nothing secret of its options and services', async () => {
    const database = await createDatabase();
    const url = new URL(database.url);
    const password = url.password || 'trusted';
    const more = {
      secret: [SECRET, { passphrase: 'a passphrase of the test 1f9c', salt: 'a salt of 16 bytes or more' }],
    };
    const registrations = [
      ByokModule.forRoot({ ...more, db: database.url }),
      ByokModule.forRootAsync({ useFactory: () => ({ ...more, db: database.url }) }),
    ];
    try {
      for (const byokModule of registrations) {
        const app = await start({ byokModule });
        await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
        const held = [BYOK_MODULE_OPTIONS, ByokService, EncryptionService, KeyStorage, ByokModule].map((token) =>
          app.nest.get<object>(token as typeof ByokService, { strict: false }),
        );
        const texts = held.flatMap((one) => [
          inspect(one, { depth: 4 }),
          inspect(one, { depth: 4, showHidden: true }),
          inspect({ ...one }),
          // eslint-disable-next-line @typescript-eslint/no-base-to-string -- the default is what is looked at
          String(one),
          json(one),
        ]);
        expect(texts).toHaveLength(25);
        for (const text of texts) {
          for (const secret of [SECRET, SECRET.slice(5), 'a passphrase of the test', KEY, `:${password}@`]) {
            expect(text).not.toContain(secret);
          }
        }
        expect(json(app.nest.get<object>(BYOK_MODULE_OPTIONS, { strict: false }))).toBe('"[REDACTED]"');
        await app.close();
        apps = [];
      }
    } finally {
      await database.drop();
    }
  });
});

/** As a logger would: what refers to itself is left out. */
function json(value: unknown): string {
  const seen = new Set();
  return JSON.stringify(value, (_, one: unknown) => {
    if (typeof one !== 'object' || one === null) return one;
    if (seen.has(one)) return undefined;
    seen.add(one);
    return one;
  });
}
