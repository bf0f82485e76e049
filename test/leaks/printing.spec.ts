import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { inspect } from 'node:util';
import { BYOK_OPTIONS } from '../../lib/byok.constants.js';
import { ByokDatabase } from '../../lib/database/index.js';
import { FoundKeys, foundKeysOf, rememberFound } from '../../lib/guards/request-keys.js';
import {
  ApiKeyResolver,
  ByokModule,
  type ByokModuleOptions,
  ByokService,
  EncryptionService,
  ResolvedApiKey,
} from '../../lib/index.js';
import { BYOK_MODULE_OPTIONS } from '../../lib/byok.module-definition.js';
import { KeyStorage } from '../../lib/entries/storage.js';
import { KeySealer } from '../../lib/keys/key-sealer.js';
import { type ByokApp, startWith } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { findReachable } from '../support/reachable.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const ALICE = { userId: 'alice' };
const REDACTED = '[REDACTED]';

/** Every way in which an object is printed, serialised or copied. */
function printed(value: object): Record<string, string> {
  const tried = (work: () => unknown) => {
    try {
      return inspect(work(), { showHidden: true, depth: 6 });
    } catch (error) {
      return inspect(error);
    }
  };
  const text = value as unknown as string;
  const error = new Error('outer', { cause: new Error('inner', { cause: value }) });
  return {
    inspect: inspect(value),
    'inspect, of all': inspect(value, { depth: 20, showHidden: true, getters: true }),
    'in an object': inspect({ deep: { deeper: [value] } }, { depth: 20 }),
    String: String(text),
    template: `${text}`,
    JSON: JSON.stringify({ value }) ?? '',
    structuredClone: tried(() => structuredClone(value)),
    spread: inspect({ ...value }, { depth: 6 }),
    assign: tried(() => JSON.stringify(Object.assign({}, value))),
    entries: inspect(Object.entries(value), { depth: 6 }),
    cause: inspect(error, { depth: 20 }),
  };
}

describe('What holds a secret', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let secret: string;
  let url: string;
  let resolved: ResolvedApiKey;
  const password = 'an-example-password-77';

  beforeAll(async () => {
    database = await createDatabase();
    await database.query(`CREATE ROLE printing LOGIN PASSWORD '${password}'`).catch(() => undefined);
    await database.query('GRANT CREATE ON SCHEMA public TO printing');
    const own = new URL(database.url);
    [own.username, own.password] = ['printing', password];
    url = own.href;
    secret = EncryptionService.generateSecret();
    app = await startWith(
      ByokModule.forRootAsync({
        useFactory: () => ({ secret: [secret, EncryptionService.generateSecret()], db: url }),
      }),
    );
    await app.byok.setKey(ALICE, 'openai', KEY, { fields: { note: KEY } });
    resolved = (await app.byok.resolveKey(ALICE, 'openai'))!;
  });
  afterAll(async () => {
    await app.close();
    await database.query('DROP OWNED BY printing').catch(() => undefined);
    await database.drop();
  });

  /** What stands for secrets and must be in no print. */
  const secrets = () => [KEY, secret, secret.slice(5), password];

  it.each<[string, () => object]>([
    ['ResolvedApiKey', () => resolved],
    ['EncryptionService', () => app.app.get(EncryptionService)],
    ['ByokService', () => app.app.get(ByokService)],
    ['the options as held', () => app.app.get<object>(BYOK_MODULE_OPTIONS)],
  ])('%s shows nothing of it, however it is printed', (_, get) => {
    const prints = printed(get());
    for (const [way, print] of Object.entries(prints)) {
      for (const each of secrets()) expect([way, print.includes(each)]).toEqual([way, false]);
    }
    for (const way of ['inspect', 'inspect, of all', 'in an object', 'String', 'template', 'JSON', 'cause']) {
      expect([way, prints[way]]).toEqual([way, expect.stringContaining(REDACTED)]);
    }
  });

  it.each<[string, () => object]>([
    ['the checked options', () => app.app.get<object>(BYOK_OPTIONS)],
    ['the storage', () => app.app.get<object>(KeyStorage)],
    ['KeySealer', () => app.app.get(KeySealer)],
    ['ByokDatabase', () => app.app.get(ByokDatabase)],
    ['the application', () => app.app],
  ])('%s shows none either', (_, get) => {
    const print = inspect(get(), { depth: 6, showHidden: true, maxArrayLength: 1_000 });
    expect(print.length).toBeGreaterThan(20);
    for (const each of secrets()) expect(print.includes(each)).toBe(false);
  });

  it('a request that a guard has let through shows none either', () => {
    const request = { headers: {} };
    const requirements = [{ providers: ['openai'], label: 'default' }];
    const handler = { controller: ApiKeyResolver, handler: undefined };
    const owner = { kind: 'user', id: 'alice' } as const;
    const resolution = { owner, keys: [resolved], missing: undefined };
    rememberFound(request, new FoundKeys(requirements, handler, resolution, request, app.app.get(ApiKeyResolver)));
    expect(foundKeysOf(request, requirements)?.keys[0].apiKey).toBe(KEY);
    for (const [way, print] of Object.entries(printed(request))) {
      for (const each of secrets()) expect([way, print.includes(each)]).toEqual([way, false]);
    }
    expect(findReachable(request, KEY)).toEqual([]);
  });

  it('a key is still there for who asks for it', () => {
    expect(resolved.apiKey).toBe(KEY);
    expect(resolved.fields).toEqual({ note: KEY });
    expect(Object.keys(resolved).sort()).toEqual(['expiresAt', 'label', 'owner', 'provider', 'source']);
  });

  it('no secret can be reached from the application by its properties', () => {
    for (const each of secrets()) expect(findReachable(app.app, each)).toEqual([]);
    expect(findReachable(app.app, 'user_api_keys').length).toBeGreaterThan(0);
  });

  it('in an application that keeps one by itself, it is found', async () => {
    @Injectable()
    class Careless {
      readonly settings = new Map([['secret', { value: secret }]]);
    }
    @Module({ providers: [Careless] })
    class CarelessModule {}
    const careless = await startWith(ByokModule.forRoot({ secret }), CarelessModule);
    expect(findReachable(careless.app, secret)).toEqual([expect.stringMatching(/instance\.settings<secret>\.value$/)]);
    await careless.close();
  });

  it.each<[string, (options: ByokModuleOptions) => ReturnType<typeof ByokModule.forRoot>]>([
    ['forRoot', (options) => ByokModule.forRoot(options)],
    ['useFactory', (options) => ByokModule.forRootAsync({ useFactory: async () => options })],
    [
      'useClass',
      (options) => {
        class Factory {
          createByokOptions = () => options;
        }
        return ByokModule.forRootAsync({ useClass: Factory });
      },
    ],
  ])('options given by %s are held, for two applications of one module too', async (_, make) => {
    const module = make({ secret });
    expect(inspect(module, { depth: 20, showHidden: true })).not.toContain(secret);
    for (let i = 0; i < 2; i++) {
      const each = await startWith(module);
      expect(inspect(each.app.get(BYOK_MODULE_OPTIONS))).toBe('RedactedOptions [REDACTED]');
      expect(each.app.get(EncryptionService).keyId).toEqual(new EncryptionService(secret).keyId);
      await each.close();
    }
  });
});
