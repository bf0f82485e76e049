import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource, type EntityMetadata } from 'typeorm';
import { byokEntities, byokMigrations, createByokMigrations } from '../../lib/index.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

describe('The tables', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createDatabase();
    const migrations = [...byokMigrations, ...createByokMigrations('other_keys')];
    dataSource = new DataSource({ type: 'postgres', url: database.url, entities: byokEntities, migrations });
    await dataSource.initialize();
    await dataSource.runMigrations();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  /** What TypeORM would change for the tables to be as the entities say. */
  async function differences(): Promise<string[]> {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  }

  it('are as the entities say, but for the reference to the keyring', async () => {
    const metadata: EntityMetadata[] = dataSource.entityMetadatas;
    expect(await differences()).toEqual([]);
    // Entities that are not synchronised have no differences: for this test they are.
    for (const entity of metadata) Object.assign(entity, { synchronize: true });
    expect(await differences()).toEqual(['ALTER TABLE "user_api_keys" DROP CONSTRAINT "user_api_keys_key_id_fkey"']);
    const hint = metadata.flatMap(({ columns }) => columns).find(({ propertyName }) => propertyName === 'hint')!;
    hint.isNullable = true;
    expect(await differences()).toContain('ALTER TABLE "user_api_keys" ALTER COLUMN "hint" DROP NOT NULL');
    hint.isNullable = false;
  });

  it.each(['user_api_keys', 'other_keys'])('%s has the columns of the design', async (table) => {
    const columns = await database.query(
      `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
         pg_get_expr(d.adbin, d.adrelid) AS fallback
       FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
       WHERE a.attrelid = $1::regclass AND a.attnum > 0 ORDER BY a.attnum`,
      [table],
    );
    const time = 'timestamp(3) with time zone';
    const required = true;
    expect(columns).toEqual([
      { name: 'owner_kind', type: 'text', required, fallback: null },
      { name: 'owner_id', type: 'text', required, fallback: null },
      { name: 'provider', type: 'text', required, fallback: null },
      { name: 'label', type: 'text', required, fallback: `'default'::text` },
      { name: 'key_id', type: 'bytea', required, fallback: null },
      { name: 'ciphertext', type: 'bytea', required, fallback: null },
      { name: 'hint', type: 'text', required, fallback: null },
      { name: 'fingerprint', type: 'bytea', required, fallback: null },
      { name: 'field_names', type: 'text[]', required, fallback: `'{}'::text[]` },
      { name: 'created_at', type: time, required, fallback: 'now()' },
      { name: 'updated_at', type: time, required, fallback: 'now()' },
      { name: 'expires_at', type: time, required: false, fallback: null },
      { name: 'last_used_at', type: time, required: false, fallback: null },
      { name: 'preferred_at', type: time, required: false, fallback: null },
      { name: 'checked_at', type: time, required: false, fallback: null },
      { name: 'check_outcome', type: 'text', required: false, fallback: null },
      { name: 'check_reason', type: 'text', required: false, fallback: null },
      { name: 'check_by', type: 'text', required: false, fallback: null },
      { name: 'expiring_noticed_at', type: time, required: false, fallback: null },
      { name: 'unused_noticed_at', type: time, required: false, fallback: null },
    ]);
    const indexes = await database.query(
      'SELECT indexdef AS def FROM pg_indexes WHERE tablename = $1 ORDER BY indexname',
      [table],
    );
    expect(indexes.map(({ def }) => (def as string).replace(/^.* USING /, ''))).toEqual([
      'btree (expires_at) WHERE (expires_at IS NOT NULL)',
      'btree (key_id)',
      'btree (owner_kind, owner_id, provider, label)',
    ]);
  });

  it('take no row of a key that is not in the keyring, and let none go that a row refers to', async () => {
    const insert = `INSERT INTO user_api_keys (owner_kind, owner_id, provider, key_id, ciphertext, hint, fingerprint)
      VALUES ('user', 'alice', 'openai', '\\x01', '', '', '')`;
    await expect(database.query(insert)).rejects.toMatchObject({ code: '23503' });
    await database.query(`INSERT INTO byok_keyring (key_id, canary) VALUES ('\\x01', '')`);
    await database.query(insert);
    await expect(database.query(`DELETE FROM byok_keyring WHERE key_id = '\\x01'`)).rejects.toMatchObject({
      code: '23503',
    });
    await expect(database.query(insert)).rejects.toMatchObject({ code: '23505' });
    await database.query('DELETE FROM user_api_keys');
    await database.query('DELETE FROM byok_keyring');
  });

  it('go when the migrations are taken back, the keyring with the last of them', async () => {
    const tables = async () =>
      (await database.query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)).map(
        ({ name }) => name as string,
      );
    const all = ['byok_audit_log', 'byok_keyring', 'byok_retired_keys', 'migrations', 'other_keys', 'user_api_keys'];
    expect(await tables()).toEqual(all);
    // Columns of default keys and checks, then of wrapped roots. What is wrapped there is nowhere else.
    for (let i = 0; i < 4; i++) await dataSource.undoLastMigration();
    const columns = await database.query(
      `SELECT count(*)::int FROM pg_attribute WHERE attrelid = 'byok_keyring'::regclass AND attname = 'wrapped_root'`,
    );
    expect(columns).toEqual([{ count: 1 }]);
    // There is one audit log for both.
    await dataSource.undoLastMigration();
    await dataSource.undoLastMigration();
    expect(await tables()).toEqual(all.slice(1));
    await dataSource.undoLastMigration();
    const [left] = (await tables()).filter((name) => name.endsWith('_keys') && !name.startsWith('byok'));
    expect(await tables()).toEqual(['byok_keyring', 'byok_retired_keys', 'migrations', left].sort());
    await dataSource.undoLastMigration();
    expect(await tables()).toEqual(['migrations']);
    await dataSource.runMigrations();
    expect(await tables()).toEqual(all);
  });
});
