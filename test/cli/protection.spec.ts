import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EncryptionService } from '../../lib/index.js';
import { cli, cliJson } from '../support/cli.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';

interface Found {
  name: string;
  status: string;
  message: string;
  advice?: string;
}

describe('doctor', () => {
  let database: TestDatabase;
  let role: string;

  beforeEach(async () => {
    database = await createDatabase();
    role = `public_${new URL(database.url).pathname.slice(6)}`;
    await database.query(`CREATE ROLE ${role}`);
    await cli(['migrate', '--partitions', '2'], { DATABASE_URL: database.url });
  });
  afterEach(async () => {
    await database.drop();
    await onServer(process.env['TEST_POSTGRES_URL']!, `DROP ROLE ${role}`);
  });

  const find = async (name: string): Promise<Found | undefined> => {
    const { json } = await cliJson(['doctor'], {
      DATABASE_URL: database.url,
      BYOK_SECRET: EncryptionService.generateSecret(),
    });
    return (json as { checks: Found[] }).checks.find((each) => each.name === name);
  };

  it('names other roles with rights on any of the tables, and prints what takes them away', async () => {
    expect(await find('grants')).toMatchObject({ status: 'ok' });
    await database.query(`GRANT SELECT ON byok_audit_log, byok_migrations TO PUBLIC;
      GRANT UPDATE (expires_at) ON user_api_keys_p01 TO ${role};
      ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO ${role}`);
    const found = await find('grants');
    expect(found).toMatchObject({ status: 'warn', message: expect.stringContaining(`${role} (UPDATE)`) });
    expect(found?.message).toContain('PUBLIC (SELECT)');
    expect(found?.message).toContain(`${role} (every new table)`);
    await database.query(found!.advice!.replace(/^.*? run: /, ''));
    expect(await find('grants')).toMatchObject({ status: 'ok' });
  });

  it('names partitions that are not protected as their table is', async () => {
    expect(await find('partitions')).toBeUndefined();
    await database.query('ALTER TABLE user_api_keys ENABLE ROW LEVEL SECURITY');
    const found = await find('partitions');
    expect(found).toMatchObject({ status: 'fail', message: expect.stringContaining('user_api_keys_p00') });
    expect(found?.message).toContain('ENABLE ROW LEVEL SECURITY');
  });
});
