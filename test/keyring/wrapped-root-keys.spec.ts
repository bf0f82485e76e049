import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { Keyring } from '../../lib/crypto/index.js';
import {
  byokMigrations,
  ByokModule,
  type ByokModuleOptions,
  ByokService,
  ConfigurationError,
  EncryptionService,
  type KeyWrapper,
  KeyWrapperHealth,
  RotationService,
  type SecretOption,
} from '../../lib/index.js';
import { VaultTransitWrapper } from '../../lib/kms/vault-transit.wrapper.js';
import { type ByokApp, startByok, startWith } from '../support/byok-app.js';
import { type Instance, startInstance } from '../support/instances.js';
import { findKeyBytes } from '../support/key-bytes.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { VaultStandIn } from '../support/vault-stand-in.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const ALICE = { userId: 'alice' };

interface KeyringRow {
  key_id: Buffer;
  wrapped_root: Buffer | null;
  wrapper_id: string | null;
}

describe('A root that a key management service wraps', () => {
  let vault: VaultStandIn;
  let database: TestDatabase;
  let apps: ByokApp[];
  let instances: Instance[];

  beforeAll(async () => {
    vault = await VaultStandIn.start();
    for (const name of ['byok', 'newer', 'third']) vault.createKey(name);
  });
  beforeEach(async () => {
    [apps, instances] = [[], []];
    Object.assign(vault, { sealed: false, latency: 0, cut: 0, failures: [] });
    database = await createDatabase();
  });
  afterEach(async () => {
    await Promise.all([...apps.map((app) => app.close()), ...instances.map((instance) => instance.stop())]);
    await database.drop();
  });
  afterAll(() => vault.stop());

  const wrapper = (key = 'byok', more = {}) =>
    new VaultTransitWrapper({ address: vault.address, token: vault.token, key, ...more });
  const started = async (starting: Promise<ByokApp>): Promise<ByokApp> => {
    const app = await starting;
    apps.push(app);
    return app;
  };
  const start = (secret: SecretOption | SecretOption[], options: Partial<ByokModuleOptions> = {}) =>
    started(startByok({ secret, db: database.url, ...options }));
  const stop = async (app: ByokApp) => {
    apps.splice(apps.indexOf(app), 1);
    await app.close();
  };
  const keyring = () =>
    database.query('SELECT key_id, wrapped_root, wrapper_id FROM byok_keyring ORDER BY created_at') as Promise<
      KeyringRow[]
    >;
  const rows = () => database.query('SELECT t::text AS row FROM user_api_keys t ORDER BY 1');
  async function hash(): Promise<string> {
    const digest = createHash('sha256');
    for (const table of ['byok_keyring', 'byok_retired_keys', 'user_api_keys']) {
      digest.update(JSON.stringify(await database.query(`SELECT t::text AS row FROM ${table} t ORDER BY 1`)));
    }
    return digest.digest('hex');
  }

  it('is made once, wrapped in the keyring, bound to its key, and opened by the next start', async () => {
    const first = await start(wrapper());
    await first.byok.setKey(ALICE, 'openai', KEY);
    const [{ key_id: keyId, wrapped_root: wrapped, wrapper_id: wrapperId }, ...others] = await keyring();
    expect(others).toEqual([]);
    expect([wrapped!.toString(), wrapperId]).toEqual([
      expect.stringMatching(/^vault:v1:/),
      'vault-transit:transit/byok',
    ]);
    const context = JSON.parse(Buffer.from(vault.last!.body['associated_data'], 'base64').toString()) as object;
    expect(context).toEqual({ app: 'nestjs-byok', table: 'byok_keyring', keyId: keyId.toString('hex') });
    await stop(first);

    const before = await keyring();
    const asked = vault.calls.length;
    const second = await start(wrapper());
    expect(await second.byok.getKey(ALICE, 'openai')).toBe(KEY);
    // Once, at the start.
    expect(vault.calls.slice(asked)).toEqual(['decrypt byok']);
    expect(await keyring()).toEqual(before);
  });

  it('is one, of processes that start at once on an empty database', async () => {
    const options = {
      secret: { vault: { address: vault.address, token: vault.token, key: 'byok' } },
      db: database.url,
    };
    instances = await Promise.all([1, 2, 3].map(() => startInstance(options as unknown as ByokModuleOptions)));
    expect(await keyring()).toHaveLength(1);
    for (const [i, writer] of instances.entries()) {
      await writer.call('setKey', ALICE, `p${i}`, KEY);
      for (const reader of instances) expect(await reader.call('getKey', ALICE, `p${i}`)).toBe(KEY);
    }
  });

  it('is one, though several that start at once have made one', async () => {
    vault.latency = 100;
    const from = vault.plaintexts.length;
    const started = await Promise.all([1, 2, 3, 4].map(() => start(wrapper())));
    const roots = new Set(vault.plaintexts.slice(from).map((root) => root.toString('hex')));
    expect(roots.size).toBeGreaterThan(1);
    expect(await keyring()).toHaveLength(1);
    await started[0].byok.setKey(ALICE, 'openai', KEY);
    for (const { byok } of [...started, await start(wrapper())]) expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
  });

  it.each<[string, () => Promise<ByokApp>]>([
    ['options of TypeORM', () => start(wrapper(), { db: { type: 'postgres', url: database.url, extra: { max: 1 } } })],
    ['a connection of the application', () => joined(ByokModule.forRoot({ secret: wrapper(), db: {} }))],
    [
      'one of a name, by a factory',
      () =>
        joined(
          ByokModule.forRootAsync({ useFactory: async () => ({ secret: wrapper(), db: { dataSource: 'main' } }) }),
          'main',
        ),
    ],
  ])('works with %s', async (_, begin) => {
    for (let i = 0; i < 2; i++) {
      const app = await begin();
      if (i === 0) await app.byok.setKey(ALICE, 'openai', KEY);
      expect(await app.byok.getKey(ALICE, 'openai')).toBe(KEY);
      await stop(app);
    }
    expect(await keyring()).toHaveLength(1);
  });

  /** The module before the one that it needs, and a connection that takes its time. */
  function joined(module: ReturnType<typeof ByokModule.forRoot>, name?: string): Promise<ByokApp> {
    const typeOrm = TypeOrmModule.forRootAsync({
      ...(name && { name }),
      useFactory: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return {
          type: 'postgres',
          url: database.url,
          migrations: byokMigrations,
          migrationsRun: true,
          retryAttempts: 0,
        };
      },
    });
    return started(startWith(module, typeOrm));
  }

  it('serves sessions too, where there is a database to keep it in', async () => {
    await start(wrapper(), { storage: 'session' });
    expect(await keyring()).toHaveLength(1);
    const failed = startByok({ secret: wrapper() });
    await expect(failed).rejects.toThrow(ConfigurationError);
    await expect(failed).rejects.toThrow(/a KeyWrapper needs the database.*Add db/);
  });

  it('takes over from a secret, and gives back to one', async () => {
    const secret = EncryptionService.generateSecret();
    const plain = await start(secret);
    await plain.byok.setKey(ALICE, 'openai', KEY);
    // Behind the secret it seals nothing, but is made: an instance must know it before another seals with it.
    const behind = await start([secret, wrapper()]);
    expect(await keyring()).toHaveLength(2);
    const ahead = await start([wrapper(), secret]);
    await ahead.byok.setKey(ALICE, 'anthropic', KEY);
    expect(await behind.byok.getKey(ALICE, 'anthropic')).toBe(KEY);
    const rotation = ahead.app.get(RotationService);
    expect(await rotation.rotate()).toMatchObject({ rotated: 1, remaining: 0, unreadableCount: 0 });
    await rotation.retire(new EncryptionService(secret).keyId.toString('hex'));
    await stop(plain);
    const alone = await start(wrapper());
    expect(await alone.byok.getKey(ALICE, 'openai')).toBe(KEY);

    const newer = EncryptionService.generateSecret();
    const back = await start([newer, wrapper()]);
    const old = alone.app.get(EncryptionService).keyId.toString('hex');
    expect(await back.app.get(RotationService).rotate()).toMatchObject({ rotated: 2 });
    expect(await back.app.get(RotationService).retire(old)).toBe(true);
    expect(await (await start(newer)).byok.getKey(ALICE, 'anthropic')).toBe(KEY);
    // Retired for good: what is made now is another root.
    await start([newer, wrapper()]);
    expect((await keyring()).map(({ key_id: id }) => id.toString('hex'))).not.toContain(old);
    expect((await keyring()).filter(({ wrapper_id: id }) => id !== null)).toHaveLength(1);
  });

  it('is wrapped anew by a wrapper put in front: one row, and no stored key', async () => {
    const first = await start(wrapper());
    await first.byok.setKey(ALICE, 'openai', KEY);
    const [before, stored] = [await keyring(), await rows()];
    const ahead = await start([wrapper('newer'), wrapper()]);
    const [row, ...others] = await keyring();
    expect(others).toEqual([]);
    expect(row.key_id).toEqual(before[0].key_id);
    expect(row.wrapper_id).toBe('vault-transit:transit/newer');
    expect(row.wrapped_root).not.toEqual(before[0].wrapped_root);
    expect(await rows()).toEqual(stored);
    for (const app of [first, ahead, await start(wrapper('newer'))]) {
      expect(await app.byok.getKey(ALICE, 'openai')).toBe(KEY);
    }
  });

  it('is wrapped anew when that is asked for, for a new version of the key', async () => {
    const app = await start(wrapper());
    await app.byok.setKey(ALICE, 'openai', KEY);
    const stored = await rows();
    vault.rotateKey('byok');
    expect(await app.app.get(RotationService).rewrap()).toBe(1);
    expect((await keyring())[0].wrapped_root!.toString()).toMatch(/^vault:v[2-9]:/);
    expect(await rows()).toEqual(stored);
    expect(await (await start(wrapper())).byok.getKey(ALICE, 'openai')).toBe(KEY);
    // Of two at once, each of which read the same row, one writes it.
    const rotation = app.app.get(RotationService);
    vault.together = 2;
    expect((await Promise.all([rotation.rewrap(), rotation.rewrap()])).sort()).toEqual([0, 1]);
    vault.together = 1;
    expect(await (await start(wrapper())).byok.getKey(ALICE, 'openai')).toBe(KEY);

    const without = await start([EncryptionService.generateSecret(), wrapper()]).then((each) => each.app);
    expect(await without.get(RotationService).rewrap()).toBe(1);
  });

  const refused: [string, () => SecretOption | SecretOption[], RegExp][] = [
    [
      'a wrapper that did not wrap it',
      () => wrapper('newer'),
      /wrapped by 'vault-transit:transit\/byok', which is not among/,
    ],
    [
      'another key under the same id',
      () => wrapper('third', { id: 'vault-transit:transit/byok' }),
      /Vault refused to decrypt \(status 400\).*does not start; nothing was changed/,
    ],
    ['a token that is not allowed to', () => wrapper('byok', { token: 'an-example' }), /\(status 403\).*'update'/],
    ['a secret in its stead', () => EncryptionService.generateSecret(), /sealed with a secret that is not given/],
    [
      'the same wrapper twice',
      () => [wrapper(), wrapper()],
      /The wrappers 'secret\[0\]' and 'secret\[1\]' have the same id/,
    ],
    [
      'one that gives other bytes',
      () => ({ ...odd, unwrap: async () => Buffer.alloc(32, 7) }),
      /what it unwrapped is not the root of the key/,
    ],
    [
      'a new one in front that does not give back what it wrapped',
      () => [{ ...odd, id: 'odd', unwrap: async () => Buffer.alloc(32, 7) }, wrapper()],
      /what it unwrapped is not the root/,
    ],
    ['a new one in front that refuses', () => [wrapper('none'), wrapper()], /Vault refused to encrypt \(status 400\)/],
    ['one without an id', () => ({ ...odd, id: '' }), /The id of the wrapper 'secret' must be/],
  ];

  it('refuses to start where it cannot be opened, or not kept by the first, and changes nothing', async () => {
    const app = await start(wrapper());
    await app.byok.setKey(ALICE, 'openai', KEY);
    const before = await hash();
    for (const [name, secret, message] of refused) {
      const error = await start(secret()).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect([name, error]).toEqual([name, expect.any(ConfigurationError)]);
      expect([name, error!.message]).toEqual([name, expect.stringMatching(message)]);
      expect([name, await hash()]).toEqual([name, before]);
    }
    expect(await (await start(wrapper())).byok.getKey(ALICE, 'openai')).toBe(KEY);
    await app.byok.setKey(ALICE, 'openai', KEY);
    expect(await hash()).not.toBe(before);
  });

  const odd: KeyWrapper = {
    id: 'vault-transit:transit/byok',
    wrap: async (key) => Buffer.from(key),
    unwrap: async (wrapped) => Buffer.from(wrapped),
  };

  it("is not for an EncryptionService of one's own", () => {
    expect(() => new EncryptionService(wrapper() as unknown as string)).toThrow(/works in ByokModule only/);
  });

  it('tells what health there is', async () => {
    const app = await start([wrapper(), { ...odd, id: 'odd' }]);
    const health = app.app.get(KeyWrapperHealth);
    const wrappers = (healthy: boolean) => [
      { id: 'vault-transit:transit/byok', healthy },
      { id: 'odd', healthy: null },
    ];
    expect(await health.check()).toEqual({ ready: true, wrappers: wrappers(true) });
    vault.sealed = true;
    expect(await health.check()).toEqual({ ready: true, wrappers: wrappers(false) });
    expect(
      (await start(EncryptionService.generateSecret(), { tableName: 'others' })).app.get(KeyWrapperHealth).isReady,
    ).toBe(true);
  });

  it('is in no log, no row, nothing that is printed', async () => {
    const log: string[] = [];
    const write = (...parts: unknown[]) => void log.push(parts.map((part) => inspect(part)).join(' '));
    const logger = { log: write, error: write, warn: write, debug: write, verbose: write, fatal: write };
    const loud = async (secret: SecretOption | SecretOption[]) => {
      const module = ByokModule.forRoot({ secret, db: database.url });
      return NestFactory.createApplicationContext(module, { logger, abortOnError: false });
    };
    const from = vault.plaintexts.length;
    const first = await loud(wrapper());
    await first.get(ByokService).setKey(ALICE, 'openai', KEY);
    const ahead = await loud([wrapper('newer'), wrapper()]);
    await ahead.get(RotationService).rewrap();
    await expect(loud(wrapper('third'))).rejects.toThrow();
    Logger.overrideLogger(false);

    const root = vault.plaintexts[from];
    expect(vault.plaintexts.slice(from).every((each) => each.equals(root))).toBe(true);
    const dump = await Promise.all(
      ['byok_keyring', 'byok_retired_keys', 'user_api_keys', 'byok_migrations'].map((table) =>
        database.query(`SELECT t::text AS row FROM ${table} t`),
      ),
    );
    const shown = {
      log: log.join('\n'),
      dump: JSON.stringify(dump),
      raw: Buffer.concat((await keyring()).map(({ wrapped_root: wrapped }) => wrapped!)),
      keyring: inspect(ahead.get(Keyring), { depth: 20, showHidden: true, customInspect: false }),
      application: inspect(ahead, { depth: 6, showHidden: true, maxArrayLength: 1_000 }),
    };
    for (const [where, text] of Object.entries(shown)) {
      expect([where, text.length > 10]).toEqual([where, true]);
      expect([where, findKeyBytes(text, root)]).toEqual([where, []]);
      expect([where, text.includes(vault.token)]).toEqual([where, false]);
    }
    expect(shown.log).toContain('now wrapped by vault-transit:transit/newer');
    await Promise.all([first.close(), ahead.close()]);

    // The search sees: a wrapper that wraps nothing leaves the root where it is found.
    const careless = await createDatabase();
    const app = await startByok({ secret: odd, db: careless.url });
    const [{ row, raw }] = await careless.query('SELECT t::text AS row, wrapped_root AS raw FROM byok_keyring t');
    expect(findKeyBytes(row as string, raw as Buffer)).toEqual(['hex']);
    expect(
      findKeyBytes(
        inspect([...(raw as Buffer)], { compact: true, breakLength: Infinity }).replaceAll(' ', ''),
        raw as Buffer,
      ),
    ).toEqual(['numbers']);
    expect(findKeyBytes(`token=${(raw as Buffer).toString('base64')}`, raw as Buffer)).toEqual(['base64']);
    await app.close();
    await careless.drop();
  });
});
