import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { Column, DataSource, DefaultNamingStrategy, Entity, PrimaryColumn } from 'typeorm';
import { ByokDatabase } from '../../lib/database/index.js';
import {
  byokEntities,
  ByokHealth,
  byokMigrations,
  ByokModule,
  type ByokModuleOptions,
  ConfigurationError,
  createByokMigrations,
  StorageError,
  UserApiKey,
} from '../../lib/index.js';
import { type ByokApp, SECRET, startByok, startWith } from '../support/byok-app.js';
import { advisoryLocks, createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

@Entity('notes')
class Note {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  text!: string;
}

class CreateNotes1700000000000 {
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query('CREATE TABLE notes (id text PRIMARY KEY, text text NOT NULL)');
  }
  async down(): Promise<void> {}
}

describe('The database of the module', () => {
  let database: TestDatabase;
  let apps: ByokApp[];

  beforeEach(async () => {
    database = await createDatabase();
    apps = [];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  const started = async (starting: Promise<ByokApp>): Promise<ByokApp> => {
    const app = await starting;
    apps.push(app);
    return app;
  };
  const start = (options: Partial<ByokModuleOptions>) => started(startByok(options));
  const tables = async () =>
    (await database.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)).map(
      ({ tablename }) => tablename as string,
    );

  async function expectToWork({ byok }: ByokApp, table = 'user_api_keys'): Promise<void> {
    const alice = { userId: 'alice' };
    await byok.setKey(alice, 'openai', 'test-key-alice-0123456789', { fields: { region: 'eu' } });
    expect(await byok.getKey(alice, 'openai')).toBe('test-key-alice-0123456789');
    expect(await byok.hasKey({ userId: 'bob' }, 'openai')).toBe(false);
    expect(await database.query(`SELECT owner_kind, owner_id, provider, label, field_names FROM ${table}`)).toEqual([
      { owner_kind: 'user', owner_id: 'alice', provider: 'openai', label: 'default', field_names: ['region'] },
    ]);
    expect(await byok.clearKeys(alice)).toBe(1);
  }

  function appTypeOrm(name?: string, more: object = {}) {
    const { hostname, port, username, password, pathname } = new URL(database.url);
    return TypeOrmModule.forRoot({
      ...(name && { name }),
      type: 'postgres',
      host: hostname,
      port: Number(port),
      username,
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      entities: [Note, ...byokEntities],
      migrations: [CreateNotes1700000000000, ...byokMigrations],
      migrationsRun: true,
      retryAttempts: 0,
      ...more,
    });
  }

  describe('as a URL', () => {
    it('is connected to and migrated at the start', async () => {
      const app = await start({ db: database.url });
      expect(await tables()).toEqual([
        'byok_audit_log',
        'byok_keyring',
        'byok_migrations',
        'byok_retired_keys',
        'user_api_keys',
      ]);
      await expectToWork(app);
    });

    it('serves a second start, which migrates nothing', async () => {
      await (await startByok({ db: database.url })).close();
      const before = await database.query('SELECT * FROM byok_migrations');
      await expectToWork(await start({ db: database.url }));
      expect(await database.query('SELECT * FROM byok_migrations')).toEqual(before);
    });

    it('serves instances that start at once on an empty database', async () => {
      await Promise.all(Array.from({ length: 4 }, () => start({ db: database.url })));
      expect(await database.query('SELECT name FROM byok_migrations')).toEqual([
        { name: 'CreateByokKeys_user_api_keys_1767225600000' },
        { name: 'CreateByokAuditLog_user_api_keys_1767312000000' },
        { name: 'AddByokWrappedRoots_user_api_keys_1767398400000' },
        { name: 'AddByokKeyLife_user_api_keys_1795564800000' },
      ]);
      for (const app of apps) await expectToWork(app);
    });

    it('is waited for while another instance migrates longer than a request may take', async () => {
      const begun = Date.now();
      const blocker = database.query('SELECT pg_advisory_lock(7267001), pg_sleep(5), pg_advisory_unlock(7267001)');
      await until(async () => (await advisoryLocks(database)).length > 0);
      await expectToWork(await start({ db: database.url }));
      expect(Date.now() - begun).toBeGreaterThan(4_900);
      await blocker;
    });

    it('takes a table of another name, beside the usual one', async () => {
      const [usual, other] = [
        await start({ db: database.url }),
        await start({ db: database.url, tableName: 'their_keys' }),
      ];
      await expectToWork(other, 'their_keys');
      await expectToWork(usual);
    });

    it('lets its connections go with the application', async () => {
      await (await startByok({ db: database.url })).close();
      const text = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nestjs-byok'`;
      await until(async () => (await database.query(text))[0].count === 0);
    });

    it('that cannot be reached stops the start, without telling the address', async () => {
      const failed = startByok({ db: 'postgres://nobody:hunter2@127.0.0.1:1/none' });
      await expect(failed).rejects.toThrow(StorageError);
      await expect(failed).rejects.toThrow(/^Cannot use the database of stored keys\. Nothing listens there/);
    });
  });

  describe('as options of TypeORM', () => {
    it('is connected to as they say', async () => {
      // With one connection the migrations must not wait for a second.
      const extra = { max: 1 };
      const app = await start({
        db: { type: 'postgres', url: database.url, extra, applicationName: 'mine' },
      });
      await expectToWork(app);
      const names = await database.query(
        'SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE datname = current_database()',
      );
      expect(names.map(({ name }) => name)).toContain('mine');
    });

    it('is not migrated where they say so', async () => {
      const failed = startByok({ db: { type: 'postgres', url: database.url, migrationsRun: false } });
      await expect(failed).rejects.toThrow('tables of keys are missing');
      expect(await tables()).toEqual([]);
    });
  });

  describe('as a connection that the application has', () => {
    it.each([
      ['of the default name', undefined],
      ['of a name of its own', 'main'],
    ])('%s is joined', async (_, name) => {
      const options = { secret: SECRET, db: { ...(name && { dataSource: name }) } };
      const app = await started(startWith(appTypeOrm(name), ByokModule.forRoot(options)));
      expect(await tables()).toEqual([
        'byok_audit_log',
        'byok_keyring',
        'byok_retired_keys',
        'migrations',
        'notes',
        'user_api_keys',
      ]);
      await expectToWork(app);

      const dataSource = app.app.get<DataSource>(getDataSourceToken(name));
      await dataSource.getRepository(Note).save({ id: '1', text: 'mine' });
      await app.byok.setKey({ userId: 'alice' }, 'openai', 'test-key-alice-0123456789');
      const [row] = await dataSource.getRepository(UserApiKey).find();
      expect(row).toMatchObject({ ownerKind: 'user', ownerId: 'alice', provider: 'openai', hint: '…6789' });
      expect(row).not.toHaveProperty('ciphertext', expect.anything());
      const connections = `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'nestjs-byok' AND datname = current_database()`;
      expect(await database.query(connections)).toEqual([{ count: 0 }]);
    });

    it('is joined by options that come from a factory, and by a class', async () => {
      @Injectable()
      class Settings {
        createByokOptions(): ByokModuleOptions {
          return { secret: SECRET, db: {}, tableName: 'keys_two' };
        }
      }
      @Module({ providers: [Settings], exports: [Settings] })
      class SettingsModule {}
      const typeOrm = appTypeOrm(undefined, {
        migrations: [...byokMigrations, ...createByokMigrations('keys_two')],
      });
      const asked = ByokModule.forRootAsync({ useFactory: async () => ({ secret: SECRET, db: {} }) });
      await expectToWork(await started(startWith(typeOrm, asked)));
      const existing = ByokModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings });
      await expectToWork(await started(startWith(typeOrm, existing)), 'keys_two');
    });

    it('keeps its tables apart from its naming, its schema and its synchronisation', async () => {
      class Shouting extends DefaultNamingStrategy {
        override tableName(className: string, given?: string) {
          return `t_${given ?? className}`;
        }
        override columnName(property: string, given: string | undefined) {
          return (given ?? property).toUpperCase();
        }
      }
      await database.query('CREATE SCHEMA theirs');
      const more = { namingStrategy: new Shouting(), entityPrefix: 'my_', schema: 'theirs', synchronize: true };
      const app = await started(startWith(appTypeOrm(undefined, more), ByokModule.forRoot({ secret: SECRET, db: {} })));
      await expectToWork(app);
      expect(await app.app.get(ByokHealth).check()).toMatchObject({ healthy: true });
      expect(await tables()).toEqual(['byok_audit_log', 'byok_keyring', 'byok_retired_keys', 'notes', 'user_api_keys']);
      // It did make its own.
      expect(await database.query('SELECT "ID", "TEXT" FROM theirs.my_t_notes')).toEqual([]);
    });

    it('is asked at its primary, where it has replicas that reads go to', async () => {
      const other = await createDatabase();
      try {
        const replication = { defaultMode: 'slave', master: { url: database.url }, slaves: [{ url: other.url }] };
        const own = { entities: byokEntities, migrations: byokMigrations, migrationsRun: true, retryAttempts: 0 };
        const typeOrm = TypeOrmModule.forRoot({ type: 'postgres', ...own, replication } as TypeOrmModuleOptions);
        const app = await started(startWith(typeOrm, ByokModule.forRoot({ secret: SECRET, db: {} })));
        await expectToWork(app);
        const repository = app.app.get<DataSource>(getDataSourceToken()).getRepository(UserApiKey);
        await expect(repository.find()).rejects.toThrow('relation "user_api_keys" does not exist');
      } finally {
        await Promise.all(apps.splice(0).map((app) => app.close()));
        await other.drop();
      }
    });

    it('that made the tables is named to who then opens another', async () => {
      await (await startWith(appTypeOrm(), ByokModule.forRoot({ secret: SECRET, db: {} }))).close();
      const told = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      await expect(startByok({ db: { type: 'postgres', url: database.url, logging: false } })).rejects.toThrow();
      expect(told.mock.calls.join()).toMatch(/42P07.*join that connection with db: \{ dataSource \}/);
      told.mockRestore();
      await expectToWork(await start({ db: { type: 'postgres', url: database.url, migrationsRun: false } }));
    });

    it('is left to the application to close', async () => {
      const dataSource = new DataSource({
        type: 'postgres',
        url: database.url,
        migrations: byokMigrations,
        migrationsRun: true,
      });
      const typeOrm = TypeOrmModule.forRootAsync({
        useFactory: () => ({ type: 'postgres', retryAttempts: 0, manualInitialization: false }),
        dataSourceFactory: () => dataSource.initialize(),
      });
      const app = await started(startWith(typeOrm, ByokModule.forRoot({ secret: SECRET, db: {} })));
      await expectToWork(app);
      await app.app.get(ByokDatabase).onApplicationShutdown();
      expect(dataSource.isInitialized).toBe(true);
    });

    it('that is not there stops the start and is named', async () => {
      const failed = startByok({ db: { dataSource: 'elsewhere' } });
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow(/no TypeORM connection named 'elsewhere'.*TypeOrmModule\.forRoot/);
      await expect(startByok({ db: {} })).rejects.toThrow('no TypeORM connection of the default name');
    });

    it('without our tables stops the start and says which migrations to add', async () => {
      const failed = startWith(
        appTypeOrm(undefined, { migrations: [] }),
        ByokModule.forRoot({ secret: SECRET, db: {} }),
      );
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow('Add ...byokMigrations to the migrations');
    });
  });
});
