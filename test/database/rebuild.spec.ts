import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EncryptionService } from '../../lib/index.js';
import { startByok } from '../support/byok-app.js';
import { cli } from '../support/cli.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

const PARTS = 4;

describe('Rebuilding the table of keys', () => {
  let database: TestDatabase;
  let owner: string;
  let other: string;
  let roles: string[];

  beforeEach(async () => {
    database = await createDatabase();
    const id = new URL(database.url).pathname.slice(6);
    roles = [owner, other] = [`owner_${id}`, `other_${id}`];
    for (const role of roles) await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'not-a-real-one'`);
    const { byok, close } = await startByok({ secret: EncryptionService.generateSecret(), db: database.url });
    for (let i = 0; i < 20; i++) await byok.setKey({ userId: `user-${i}` }, 'openai', 'an-example-of-an-api-key-1f9c');
    await close();
  });
  afterEach(async () => {
    await database.drop();
    for (const role of roles) await onServer(process.env['TEST_POSTGRES_URL']!, `DROP ROLE ${role}`);
  });

  const rebuild = (parts: number, url = database.url) =>
    cli(['migrate', '--partitions', String(parts)], { DATABASE_URL: url });
  const relations = async () =>
    (
      await database.query(
        `SELECT relname FROM pg_class WHERE relname ~ '^user_api_keys(_p\\d+)?$' AND relkind IN ('r', 'p') ORDER BY 1`,
      )
    ).map(({ relname }) => relname as string);
  /** What protects a table, as the catalogue has it, asked for in another way than the library asks. */
  const protection = async (name: string) =>
    (
      await database.query(
        `SELECT pg_get_userbyid(relowner) AS owner, relrowsecurity AS rls, relforcerowsecurity AS forced, relreplident AS identity,
          (SELECT array_agg(p.* ORDER BY policyname) FROM (SELECT policyname, permissive, roles::text, cmd, qual, with_check
            FROM pg_policies WHERE tablename = relname) p)::text AS policies,
          (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(coalesce(relacl, acldefault('r', relowner))) a)::text AS rights,
          (SELECT array_agg(attname || attacl::text || coalesce(attstattarget, -1) || coalesce(attoptions::text, '') ORDER BY attname) FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL)::text AS columns
        FROM pg_class c WHERE relname = $1`,
        [name],
      )
    )[0];
  const storage = async (name: string) =>
    (
      await database.query(
        `SELECT reloptions, obj_description(oid) AS comment, col_description(oid, 7) AS hint FROM pg_class WHERE relname = $1`,
        [name],
      )
    )[0];

  it('keeps everything that guards it, on every partition and back', async () => {
    await database.query(`ALTER TABLE user_api_keys OWNER TO ${owner}; ALTER TABLE byok_keyring OWNER TO ${owner};
      ALTER TABLE user_api_keys ENABLE ROW LEVEL SECURITY; ALTER TABLE user_api_keys FORCE ROW LEVEL SECURITY;
      CREATE POLICY "all of it" ON user_api_keys TO ${owner}, ${other} USING (true) WITH CHECK (owner_id LIKE 'user%');
      CREATE POLICY strict ON user_api_keys AS RESTRICTIVE FOR SELECT TO PUBLIC USING (provider <> 'x''%s{table}');
      CREATE POLICY adding ON user_api_keys FOR INSERT TO ${other} WITH CHECK (label = 'default');
      GRANT SELECT, UPDATE ON user_api_keys TO ${other} WITH GRANT OPTION;
      GRANT SELECT (provider, label), UPDATE (hint) ON user_api_keys TO PUBLIC;
      REVOKE TRUNCATE, REFERENCES ON user_api_keys FROM ${owner};
      COMMENT ON TABLE user_api_keys IS 'Handle with ''care'''; COMMENT ON COLUMN user_api_keys.hint IS 'the end';
      COMMENT ON CONSTRAINT user_api_keys_pkey ON user_api_keys IS 'natural'; COMMENT ON POLICY strict ON user_api_keys IS 'mine';
      ALTER TABLE user_api_keys REPLICA IDENTITY FULL, SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_enabled = off);
      ALTER TABLE user_api_keys ALTER COLUMN provider SET STATISTICS 500, ALTER COLUMN hint SET (n_distinct = -0.5), ADD COLUMN note text DEFAULT 'none'`);
    // What the schema gives to everybody must not come to the new tables.
    await database.query(`ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO ${other}, PUBLIC`);
    const before = { protection: await protection('user_api_keys'), storage: await storage('user_api_keys') };
    expect(before.protection).toMatchObject({ owner, rls: true, forced: true, identity: 'f' });

    expect(await rebuild(PARTS)).toMatchObject({ code: 0, stderr: '' });
    const names = await relations();
    expect(names).toHaveLength(PARTS + 1);
    for (const name of names) expect([name, await protection(name)]).toEqual([name, before.protection]);
    expect(await storage('user_api_keys')).toEqual({ ...before.storage, reloptions: null });
    expect(await storage('user_api_keys_p01')).toMatchObject({ reloptions: before.storage.reloptions });

    expect(await rebuild(0)).toMatchObject({ code: 0 });
    expect(await relations()).toEqual(['user_api_keys']);
    expect(await protection('user_api_keys')).toEqual(before.protection);
    expect(await storage('user_api_keys')).toEqual(before.storage);
    expect(await database.query('SELECT count(*)::int AS n, min(note) AS note FROM user_api_keys')).toEqual([
      { n: 20, note: 'none' },
    ]);
  });

  it('lets nobody see a row, in the table or in a partition, who did not before', async () => {
    await database.query(`ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO ${other}, PUBLIC`);
    await database.query(
      `GRANT SELECT (provider) ON user_api_keys TO ${other}; ALTER TABLE user_api_keys ENABLE ROW LEVEL SECURITY`,
    );
    const url = new URL(database.url);
    [url.username, url.password] = [other, 'not-a-real-one'];
    const seen = async (what: string) => {
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      const counts: unknown[] = [];
      for (const name of await relations()) {
        counts.push(
          await client.query(`SELECT ${what} FROM ${name}`).then(
            ({ rowCount }) => rowCount,
            (error) => error.code,
          ),
        );
      }
      await client.end();
      return [...new Set(counts)];
    };
    for (const parts of [PARTS, 0]) {
      expect(await rebuild(parts)).toMatchObject({ code: 0 });
      expect([await seen('provider'), await seen('hint')]).toEqual([[0], ['42501']]);
    }
    await database.query('ALTER TABLE user_api_keys DISABLE ROW LEVEL SECURITY');
    expect(await seen('provider')).toEqual([20]);
  });

  it.each([
    [
      'trigger note',
      `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER note AFTER UPDATE ON user_api_keys EXECUTE FUNCTION note()`,
    ],
    ['trigger ', 'ALTER TABLE user_api_keys DISABLE TRIGGER ALL'],
    ['rule quiet', 'CREATE RULE quiet AS ON DELETE TO user_api_keys DO ALSO NOTHING'],
    ['publication all_of_it', 'CREATE PUBLICATION all_of_it FOR ALL TABLES'],
    ['publication mine', 'CREATE PUBLICATION mine FOR TABLE user_api_keys (owner_kind, owner_id, provider, label)'],
    ['constraint short', 'ALTER TABLE user_api_keys ADD CONSTRAINT short CHECK (length(label) < 100)'],
    [
      'constraint user_api_keys_key_id_fkey',
      'ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_key_id_fkey, ADD CONSTRAINT user_api_keys_key_id_fkey FOREIGN KEY (key_id) REFERENCES byok_keyring ON DELETE CASCADE',
    ],
    [
      'constraint notes_fk on table notes',
      'CREATE TABLE notes (a text, b text, c text, d text, CONSTRAINT notes_fk FOREIGN KEY (a, b, c, d) REFERENCES user_api_keys)',
    ],
    ['index mine', 'CREATE INDEX mine ON user_api_keys (provider)'],
    ['index user_api_keys_key_id', 'ALTER INDEX user_api_keys_key_id SET (fillfactor = 50)'],
    ['view seen', 'CREATE VIEW seen AS SELECT provider FROM user_api_keys'],
    ['materialized view kept', 'CREATE MATERIALIZED VIEW kept AS SELECT provider FROM user_api_keys'],
    ['function f(user_api_keys)', `CREATE FUNCTION f(user_api_keys) RETURNS int LANGUAGE sql AS 'SELECT 1'`],
    ['statistics mine', 'CREATE STATISTICS mine ON provider, label FROM user_api_keys'],
    ['generated column n', 'ALTER TABLE user_api_keys ADD n int GENERATED ALWAYS AS (1) STORED'],
    ['generated column n', 'ALTER TABLE user_api_keys ADD n int GENERATED ALWAYS AS IDENTITY'],
    ['sequence user_api_keys_n_seq', 'ALTER TABLE user_api_keys ADD n serial'],
    ['replica identity by an index', 'ALTER TABLE user_api_keys REPLICA IDENTITY USING INDEX user_api_keys_pkey'],
    ['table child', 'CREATE TABLE child () INHERITS (user_api_keys)'],
    ['no write-ahead log', 'ALTER TABLE user_api_keys SET UNLOGGED'],
    [
      'policy own, which names the table',
      `CREATE POLICY own ON user_api_keys USING (EXISTS (SELECT 1 FROM pg_class WHERE relname = user_api_keys.label))`,
    ],
  ])('refuses what it would lose: %s', async (what, sql) => {
    await database.query(sql);
    const { code, stderr } = await rebuild(PARTS);
    expect([code, stderr]).toEqual([1, expect.stringContaining(what)]);
    expect(stderr).toContain('would lose');
    expect(await relations()).toEqual(['user_api_keys']);
  });

  it('refuses a right that somebody else than the owner gave', async () => {
    await database.query(`GRANT SELECT ON user_api_keys TO ${owner} WITH GRANT OPTION`);
    await database.query(`SET ROLE ${owner}; GRANT SELECT ON user_api_keys TO ${other}; RESET ROLE`);
    expect((await rebuild(PARTS)).stderr).toContain(`right SELECT of ${other} that ${owner} gave`);
  });

  it('refuses rows that are hidden from its role, rather than to lose them', async () => {
    const url = new URL(database.url);
    [url.username, url.password] = [owner, 'not-a-real-one'];
    for (const name of ['user_api_keys', 'byok_keyring', 'byok_migrations'])
      await database.query(`ALTER TABLE ${name} OWNER TO ${owner}`);
    await database.query(`GRANT CREATE ON SCHEMA public TO ${owner}; ALTER TABLE user_api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY few ON user_api_keys USING (owner_id < 'user-5')`);
    expect((await rebuild(PARTS, url.href)).stderr).toContain('rows that row level security hides');
    await database.query('ALTER TABLE user_api_keys NO FORCE ROW LEVEL SECURITY');
    expect(await rebuild(PARTS, url.href)).toMatchObject({ code: 0 });
    expect(await database.query('SELECT count(*)::int AS n FROM user_api_keys')).toEqual([{ n: 20 }]);
  });

  it('refuses partitions that are not alike', async () => {
    expect(await rebuild(PARTS)).toMatchObject({ code: 0 });
    await database.query('ALTER TABLE user_api_keys_p02 ENABLE ROW LEVEL SECURITY');
    expect((await rebuild(0)).stderr).toMatch(
      /the partition user_api_keys_p02, which differs .*ENABLE ROW LEVEL SECURITY/,
    );
    expect(await relations()).toHaveLength(PARTS + 1);
  });

  it('changes nothing where rights are revoked meanwhile, or when it is killed', async () => {
    await database.query(`GRANT SELECT ON user_api_keys TO ${other}`);
    // Holds up the last step alone: a reader.
    const reader = new pg.Client({ connectionString: database.url });
    await reader.connect();
    const waiting = async () =>
      (
        await database.query(
          `SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted AND relation = 'user_api_keys'::regclass`,
        )
      ).length > 0;
    try {
      await reader.query('BEGIN; SELECT count(*) FROM user_api_keys');
      const revoked = rebuild(PARTS);
      await until(waiting);
      await database.query(`REVOKE SELECT ON user_api_keys FROM ${other}`);
      await reader.query('COMMIT');
      expect(await revoked).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('would not be protected as the table is'),
      });
      expect(await relations()).toEqual(['user_api_keys']);

      await reader.query('BEGIN; SELECT count(*) FROM user_api_keys');
      const killed = rebuild(PARTS);
      await until(waiting);
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nestjs-byok cli' AND datname = current_database()`,
      );
      expect((await killed).code).toBe(1);
      await reader.query('COMMIT');
      expect(await relations()).toEqual(['user_api_keys']);
    } finally {
      await reader.end();
    }
    expect(await rebuild(PARTS)).toMatchObject({ code: 0 });
    expect(
      await database.query(`SELECT has_table_privilege($1, 'user_api_keys_p03', 'SELECT') AS may`, [other]),
    ).toEqual([{ may: false }]);
  });
});
