import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startByok } from '../support/byok-app.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';

const SERVER = process.env['TEST_POSTGRES_URL']!;
const ROLE = `left_${randomBytes(6).toString('hex')}`;

const held: TestDatabase[] = [];

/** Gives a database back and takes one: the same, if it was kept. */
async function giveBack(database: TestDatabase): Promise<TestDatabase> {
  await database.drop();
  const next = await createDatabase();
  held.push(next);
  return next;
}

afterEach(async () => {
  for (const database of held.splice(0)) await database.drop();
});
afterAll(() => onServer(SERVER, `DROP ROLE IF EXISTS ${ROLE}`));

describe('A database for a spec', () => {
  it('has nothing of the spec that had it before, and is the same database', async () => {
    const before = await createDatabase();
    const app = await startByok({ db: before.url, audit: true });
    await app.byok.setKey({ userId: 'alice' }, 'openai', 'an-example-of-an-api-key-1f9c');
    await app.close();
    await before.query(`CREATE TABLE mine (id serial PRIMARY KEY, kind text); CREATE TYPE mood AS ENUM ('good');
      CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW seen AS SELECT kind FROM mine;
      GRANT CREATE ON SCHEMA public TO PUBLIC;
      DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$`);
    const after = await giveBack(before);
    expect(after.url).toBe(before.url);
    expect(
      await after.query(
        `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION ALL
         SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace UNION ALL
         SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
      ),
    ).toEqual([]);
    const [{ owner, rights }] = await after.query(
      `SELECT nspowner::regrole::text AS owner, nspacl::text AS rights FROM pg_namespace WHERE nspname = 'public'`,
    );
    expect([owner, rights]).toEqual([
      'pg_database_owner',
      '{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}',
    ]);
    expect(await after.query('SHOW work_mem')).toEqual([{ work_mem: '4MB' }]);
    await (await startByok({ db: after.url })).close();
  });

  it('has no connection of the spec that had it before', async () => {
    const before = await createDatabase();
    const left = new pg.Client({ connectionString: before.url });
    const ended = new Promise<string>((resolve) => left.on('error', (error) => resolve(error.message)));
    await left.connect();
    await left.query('BEGIN');
    await left.query('CREATE TABLE unfinished (id int)');
    const after = await giveBack(before);
    expect(await ended).toMatch(/terminat/);
    expect(after.url).toBe(before.url);
  });

  it.each([
    ['a schema', 'CREATE SCHEMA other'],
    ['rights on new tables', 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC'],
    [
      'rights on the database',
      `DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$`,
    ],
    ['rights on what Postgres has', 'REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC'],
    ['rights on a function of Postgres', 'REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC'],
    ['a publication', 'CREATE PUBLICATION everything FOR ALL TABLES'],
    ['a language', `CREATE LANGUAGE mine HANDLER plpgsql_call_handler`],
    ['a large object', 'SELECT lo_create(0)'],
    ['a table elsewhere', 'CREATE TABLE pg_catalog.odd (id int)'],
    [
      'a setting of a role',
      `CREATE ROLE ${ROLE}; DO $$ BEGIN EXECUTE format('ALTER ROLE ${ROLE} IN DATABASE %I SET work_mem = 64', current_database()); END $$`,
    ],
  ])('is another one if the spec before has left %s', async (_, sql) => {
    const before = await createDatabase();
    const client = new pg.Client({ connectionString: before.url });
    await client.connect();
    await client.query('SET allow_system_table_mods = on');
    await client.query(sql);
    await client.end();
    const after = await giveBack(before);
    expect(after.url).not.toBe(before.url);
    expect(await after.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
