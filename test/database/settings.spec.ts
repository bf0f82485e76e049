import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ConfigurationError, RotationService, StorageError } from '../../lib/index.js';
import { SECRET, startByok } from '../support/byok-app.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';

const ALICE = { userId: 'alice' };
const KEY = 'an-example-of-an-api-key-1f9c';

/** Settings of a database that change how values are read, written or printed. */
const HARMLESS: [string, string][] = [
  ['extra_float_digits', '-3'],
  ['extra_float_digits', '-15'],
  ['bytea_output', 'escape'],
  ['DateStyle', 'Postgres, DMY'],
  ['DateStyle', 'German'],
  ['IntervalStyle', 'sql_standard'],
  ['timezone', 'Asia/Kathmandu'],
  ['standard_conforming_strings', 'off'],
  ['client_encoding', 'LATIN1'],
  ['lc_numeric', 'C'],
  ['lc_monetary', 'C'],
  ['lc_time', 'C'],
  ['lc_messages', 'C'],
  ['quote_all_identifiers', 'on'],
  ['xmlbinary', 'hex'],
  ['transform_null_equals', 'on'],
  ['default_transaction_isolation', 'serializable'],
  ['default_transaction_deferrable', 'on'],
  ['statement_timeout', '1'],
  ['plan_cache_mode', 'force_custom_plan'],
  ['plan_cache_mode', 'force_generic_plan'],
  ['row_security', 'off'],
  ['enable_seqscan', 'off'],
  ['search_path', '"$user", public, pg_catalog'],
];

describe('The settings of a database', () => {
  let database: TestDatabase;
  let name: string;

  beforeEach(async () => {
    database = await createDatabase();
    name = new URL(database.url).pathname.slice(1);
  });
  afterEach(() => database.drop());

  const set = (setting: string, value: string) =>
    database.query(`ALTER DATABASE ${name} SET ${setting} = ${setting === 'search_path' ? value : `'${value}'`}`);

  it.each(HARMLESS)('%s = %s change neither a key nor its expiry', async (setting, value) => {
    const expiresAt = new Date(Date.now() + 3_600_000 + 123);
    const before = await startByok({ db: database.url });
    const { warnings, ...stored } = await before.byok.setKey(ALICE, 'openai', KEY, { expiresAt, label: 'naïve 🔑' });
    await before.close();
    await set(setting, value);

    const after = await startByok({ db: database.url, audit: true });
    try {
      const label = 'naïve 🔑';
      const found = await after.byok.resolveKey(ALICE, 'openai', { label });
      expect([found?.apiKey, found?.expiresAt]).toEqual([KEY, expiresAt]);
      expect(warnings).toEqual([]);
      expect(await after.byok.listKeys(ALICE)).toEqual([stored]);
      const again = await after.byok.setKey(ALICE, 'mistral', KEY, { expiresAt });
      expect([again.expiresAt, again.status]).toEqual([expiresAt, 'active']);
      const both = await Promise.all(
        ['openai', 'mistral'].map((each) => after.byok.listProviders(ALICE).then((all) => all.includes(each))),
      );
      expect(both).toEqual([true, true]);
      const rotation = after.app.get(RotationService);
      expect(await rotation.verify()).toMatchObject({ ok: true, rows: 2 });
      expect((await rotation.status()).rows).toBe(2);
      const [entry] = await after.byok.auditTrail(ALICE);
      expect(Math.abs(entry.at.getTime() - Date.now())).toBeLessThan(600_000);
      expect(await after.byok.clearKeys(ALICE)).toBe(2);
    } finally {
      await after.close();
    }
  });

  it('that forbid writing fail, and keep every key', async () => {
    const before = await startByok({ db: database.url });
    await before.byok.setKey(ALICE, 'openai', KEY);
    await before.close();
    await set('default_transaction_read_only', 'on');
    const quiet = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const after = await startByok({ db: { type: 'postgres', url: database.url, migrationsRun: false } }).catch(
      (error: unknown) => error,
    );
    quiet.mockRestore();
    expect(after).toBeInstanceOf(StorageError);
    expect(await database.query('SELECT count(*)::int AS n FROM user_api_keys')).toEqual([{ n: 1 }]);
  });

  it.each([
    ['session_replication_role', 'replica', 'foreign keys'],
    ['array_nulls', 'off', 'array_nulls is off'],
  ])('%s = %s stops the start', async (setting, value, why) => {
    await set(setting, value);
    await expect(startByok({ db: database.url })).rejects.toThrow(ConfigurationError);
    await expect(startByok({ db: database.url })).rejects.toThrow(why);
  });

  it.each(['LATIN1', 'WIN1252'])('%s as its encoding stops the start', async (encoding) => {
    const server = process.env['TEST_POSTGRES_URL']!;
    const url = new URL(server);
    url.pathname = `/${name}_other`;
    await onServer(server, `CREATE DATABASE ${name}_other ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
    try {
      const failed = startByok({ db: url.href });
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow(`the encoding of the database is ${encoding}`);
    } finally {
      await onServer(server, `DROP DATABASE ${name}_other WITH (FORCE)`);
    }
  });

  it('SQL_ASCII as its encoding keeps any name and label', async () => {
    const server = process.env['TEST_POSTGRES_URL']!;
    const url = new URL(server);
    url.pathname = `/${name}_ascii`;
    await onServer(server, `CREATE DATABASE ${name}_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`);
    try {
      const app = await startByok({ db: url.href, secret: SECRET });
      await app.byok.setKey({ userId: 'zoë-🙂' }, 'openai', KEY, { label: 'naïve 🔑' });
      expect(await app.byok.getKey({ userId: 'zoë-🙂' }, 'openai', { label: 'naïve 🔑' })).toBe(KEY);
      expect((await app.byok.listKeys({ userId: 'zoë-🙂' })).map(({ label }) => label)).toEqual(['naïve 🔑']);
      await app.close();
    } finally {
      await onServer(server, `DROP DATABASE ${name}_ascii WITH (FORCE)`);
    }
  });

  describe('search_path', () => {
    const asking = (path: string) => `${database.url}?options=-c%20search_path%3D${encodeURIComponent(path)}`;
    const schemas = async () =>
      (await database.query(`SELECT schemaname AS s FROM pg_tables WHERE tablename = 'user_api_keys'`)).map(
        ({ s }) => s,
      );

    it('is where the tables land', async () => {
      await database.query('CREATE SCHEMA tenant; CREATE SCHEMA "Other, one"');
      for (const path of ['tenant', '"Other,\\ one"']) await (await startByok({ db: asking(path) })).close();
      expect((await schemas()).sort()).toEqual(['Other, one', 'tenant']);
    });

    it('of a schema that does not exist stops the start, and makes nothing elsewhere', async () => {
      const failed = startByok({ db: asking('tenant,public') });
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow('asks for the schema tenant, which does not exist');
      expect(await schemas()).toEqual([]);
    });
  });
});
