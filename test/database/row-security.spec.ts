import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  byokEntities,
  byokMigrations,
  ByokModule,
  type ByokModuleOptions,
  ConfigurationError,
  EncryptionService,
  RotationService,
  StorageError,
} from '../../lib/index.js';
import { type ByokApp, SECRET, startByok, startWith } from '../support/byok-app.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';
import { collect, openDatabaseStorage } from '../support/storage.js';

const ALICE = { userId: 'alice' };
const KEY = 'an-example-of-an-api-key-1f9c';
const OLD = EncryptionService.generateSecret();
const TABLES = ['user_api_keys', 'byok_keyring', 'byok_retired_keys', 'byok_audit_log'];

describe('Rows that row level security hides', () => {
  let database: TestDatabase;
  let role: string;
  let url: string;
  let lines: string[];

  beforeEach(async () => {
    database = await createDatabase();
    role = `app_${new URL(database.url).pathname.slice(6)}`;
    const limited = new URL(database.url);
    limited.username = role;
    limited.password = 'not-a-real-one';
    url = limited.href;
    const first = await startByok({ secret: [OLD], db: database.url, audit: true });
    await first.byok.setKey(ALICE, 'openai', KEY);
    await first.byok.setKey(ALICE, 'old', KEY, { ttl: 1 });
    await first.close();
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'not-a-real-one'`);
    await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${TABLES.join()}, byok_migrations TO ${role}`);
    lines = [];
    jest.spyOn(Logger.prototype, 'error').mockImplementation((line: unknown) => void lines.push(String(line)));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await database.drop();
    await onServer(process.env['TEST_POSTGRES_URL']!, `DROP ROLE ${role}`);
  });

  const hide = (table: string) => database.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
  const own = (more: Partial<ByokModuleOptions> = {}) =>
    startByok({
      secret: [SECRET, OLD],
      db: { type: 'postgres', url, migrationsRun: false },
      audit: true,
      cleanup: { onRequest: false, sweepEvery: null },
      ...more,
    });
  const joined = () => {
    const typeOrm = TypeOrmModule.forRoot({
      type: 'postgres',
      url,
      entities: byokEntities,
      migrations: byokMigrations,
      retryAttempts: 0,
    });
    const cleanup = { onRequest: false, sweepEvery: null };
    return startWith(typeOrm, ByokModule.forRoot({ secret: [SECRET, OLD], db: {}, audit: true, cleanup }));
  };

  /** Everything that would otherwise report that there is nothing. */
  const calls = ({ byok, app }: ByokApp): Record<string, () => Promise<unknown>> => ({
    read: () => byok.getKey(ALICE, 'openai'),
    readMany: () => Promise.all(['openai', 'openai', 'other'].map((provider) => byok.getKey(ALICE, provider))),
    has: () => byok.hasKey(ALICE, 'openai'),
    list: () => byok.listKeys(ALICE),
    save: () => byok.setKey(ALICE, 'mistral', KEY),
    delete: () => byok.deleteKey(ALICE, 'openai'),
    clear: () => byok.clearKeys(ALICE),
    sweep: () => byok.deleteExpired(),
    sweepOwn: () => byok.deleteExpired(ALICE),
    export: () => byok.exportMetadata(ALICE.userId),
    erase: () => byok.eraseUser(ALICE.userId),
    status: () => app.get(RotationService).status(),
    rotate: () => app.get(RotationService).rotate(),
    verify: () => app.get(RotationService).verify(),
  });

  it.each([
    ['a connection of its own', () => own()],
    ['a connection without prepared statements', () => own({ preparedStatements: false })],
    ['a connection of the application', () => joined()],
  ])('are an error in every call, over %s', async (_, start) => {
    const app = await start();
    try {
      // Control: it works, several times, so that statements are prepared.
      for (let i = 0; i < 7; i++) expect(await app.byok.getKey(ALICE, 'openai')).toBe(KEY);
      await hide('user_api_keys');
      for (const [name, call] of Object.entries(calls(app))) {
        const outcome = await call().catch((error: unknown) => error);
        expect([name, outcome]).toEqual([name, expect.any(StorageError)]);
        expect((outcome as Error).message).not.toContain('Try again');
      }
      expect(lines).toContainEqual(expect.stringContaining('ALTER ROLE … BYPASSRLS'));
      expect(await database.query('SELECT count(*)::int AS n FROM user_api_keys')).toEqual([{ n: 2 }]);
      await database.query('ALTER TABLE user_api_keys DISABLE ROW LEVEL SECURITY');
      expect(await app.byok.getKey(ALICE, 'openai')).toBe(KEY);
    } finally {
      await app.close();
    }
  });

  it('in the other tables are an error too', async () => {
    const app = await own();
    const rotation = app.app.get(RotationService);
    const oldId = new EncryptionService(OLD).keyId.toString('hex');
    try {
      await rotation.rotate();
      await hide('byok_retired_keys');
      await expect(rotation.retire(oldId)).rejects.toThrow(StorageError);
      await hide('byok_audit_log');
      await expect(app.byok.auditTrail(ALICE)).rejects.toThrow(StorageError);
      await expect(app.byok.eraseUser(ALICE.userId)).rejects.toThrow(StorageError);
      await hide('byok_keyring');
      await expect(rotation.status()).rejects.toThrow(StorageError);
    } finally {
      await app.close();
    }
  });

  it.each(TABLES)('in %s stop the start, and are named', async (table) => {
    await hide(table);
    for (const start of [own, joined]) {
      const failed = start();
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow(`Tables: ${table}.`);
    }
  });

  it('in partitions are an error where the partitions are walked', async () => {
    const { storage, close } = await openDatabaseStorage(database, {
      db: { type: 'postgres', url, migrationsRun: false },
    });
    try {
      await database.query('CREATE TABLE parent (LIKE user_api_keys INCLUDING ALL) PARTITION BY HASH (owner_id)');
      await database.query(
        'ALTER TABLE parent ATTACH PARTITION user_api_keys FOR VALUES WITH (MODULUS 1, REMAINDER 0)',
      );
      await database.query('ALTER TABLE user_api_keys RENAME TO part; ALTER TABLE parent RENAME TO user_api_keys');
      await database.query(`GRANT SELECT, UPDATE, DELETE ON user_api_keys TO ${role}`);
      expect(await collect(storage.deleteAllExpired())).toHaveLength(1);
      await hide('part');
      await expect(collect(storage.deleteAllExpired())).rejects.toThrow(StorageError);
    } finally {
      await close();
    }
  });

  it('are none for a role that bypasses it, or owns the tables', async () => {
    for (const table of TABLES) await hide(table);
    await database.query(`ALTER ROLE ${role} BYPASSRLS`);
    const bypassing = await own();
    expect(await bypassing.byok.getKey(ALICE, 'openai')).toBe(KEY);
    await bypassing.close();
    await database.query(`ALTER ROLE ${role} NOBYPASSRLS`);
    for (const table of [...TABLES, 'byok_migrations']) await database.query(`ALTER TABLE ${table} OWNER TO ${role}`);
    const owning = await own();
    expect(await owning.byok.getKey(ALICE, 'openai')).toBe(KEY);
    await database.query('ALTER TABLE user_api_keys FORCE ROW LEVEL SECURITY');
    await expect(owning.byok.getKey(ALICE, 'openai')).rejects.toThrow(StorageError);
    await owning.close();
  });
});
