import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ByokHealth, byokMigrations, ByokModule } from '../../lib/index.js';
import { type ByokApp, SECRET, startByok, startWith } from '../support/byok-app.js';
import { cli, cliJson } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const LAST = 'AddByokWrappedRoots_user_api_keys_1767398400000';

describe('Whether all migrations have run', () => {
  let database: TestDatabase;
  let app: ByokApp | undefined;

  beforeEach(async () => {
    app = undefined;
    database = await createDatabase();
  });
  afterEach(async () => {
    await app?.close();
    await database.drop();
  });

  async function join(more: object = {}): Promise<void> {
    const migrations = { migrations: byokMigrations, migrationsRun: true };
    const typeOrm = TypeOrmModule.forRoot({
      type: 'postgres',
      url: database.url,
      retryAttempts: 0,
      ...migrations,
      ...more,
    });
    app = await startWith(typeOrm, ByokModule.forRoot({ secret: SECRET, db: {} }));
  }
  const health = async () => (await app!.app.get(ByokHealth).check()).checks.migrations;
  const doctor = async () => {
    const { json } = await cliJson(['doctor'], { DATABASE_URL: database.url, BYOK_SECRET: SECRET });
    return (json.checks as { name: string }[]).find(({ name }) => name === 'migrations');
  };
  const forget = (record: string) =>
    database.query(`DELETE FROM ${record} WHERE name = $1 RETURNING 1 AS gone`, [LAST]);

  it.each<[string, string, object]>([
    ['by default', 'migrations', {}],
    ['under a name of its own', '"Own Migrations"', { migrationsTableName: 'Own Migrations' }],
    ['in a schema of its own', 'own.migrations', { schema: 'own' }],
    ['where the module would', 'byok_migrations', { migrationsTableName: 'byok_migrations' }],
  ])('is read where a connection of the application records it: %s', async (_, record, options) => {
    await database.query('CREATE SCHEMA own');
    // Left from a connection that the module had, or somebody else's.
    if (record !== 'byok_migrations') {
      await database.query(
        `CREATE TABLE byok_migrations AS SELECT 'CreateByokKeys_user_api_keys_1767225600000' AS name`,
      );
    }
    await join(options);
    expect(await health()).toBe('up');
    expect(await forget(record)).toHaveLength(1);
    expect(await health()).toBe('down');
  });

  it('is read where the module records it, under whatever name', async () => {
    for (const name of [undefined, 'their_migrations']) {
      const tableName = name && 'their_keys';
      const db = { type: 'postgres' as const, url: database.url, ...(name && { migrationsTableName: name }) };
      const { app, close } = await startByok({ db, ...(tableName && { tableName }) });
      const check = async () => (await app.get(ByokHealth).check()).checks.migrations;
      expect(await check()).toBe('up');
      await database.query(`DELETE FROM ${name ?? 'byok_migrations'} WHERE name LIKE 'AddByok%'`);
      expect(await check()).toBe('down');
      await close();
    }
  });

  it('is seen where the command line has run them, or somebody has made the tables by hand', async () => {
    await cli(['migrate'], { DATABASE_URL: database.url });
    await join({ migrations: [] });
    expect(await health()).toBe('up');
    expect(await doctor()).toMatchObject({ status: 'ok', message: 'All 4 have run.' });
    await forget('byok_migrations');
    expect(await health()).toBe('down');
    expect(await doctor()).toMatchObject({ status: 'fail', advice: 'Run them: npx nestjs-byok migrate' });
    await database.query('DROP TABLE byok_migrations; CREATE TABLE byok_migrations (of_mine integer)');
    expect(await health()).toBe('up');
    expect(await doctor()).toMatchObject({ status: 'ok', message: expect.stringContaining('cannot be seen') });
  });

  it("is told by doctor of the application's own connection, if its record has the usual name", async () => {
    await database.query(`CREATE TABLE byok_migrations AS SELECT 'CreateByokKeys_user_api_keys_1767225600000' AS name`);
    await join();
    expect(await doctor()).toMatchObject({ status: 'ok' });
    await forget('migrations');
    expect(await doctor()).toMatchObject({
      status: 'fail',
      message: `Not run yet: ${LAST}.`,
      advice: expect.stringMatching(/application's own connection.*byokMigrations/),
    });
  });
});
