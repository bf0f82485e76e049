import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LeakSearch, makeCanary } from '../support/leak-search.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const SCRIPT = fileURLToPath(new URL('../support/canary-run.mjs', import.meta.url));
const POSTGRES_LOG = process.env['TEST_POSTGRES_LOG'];

/** What a run of the application left in each place. */
type Remains = Record<'stdout' | 'stderr' | 'tables' | 'session table' | 'log of Postgres', string>;

async function run(canary: string, careless: boolean): Promise<Remains> {
  const database = await createDatabase();
  try {
    const before = POSTGRES_LOG ? statSync(POSTGRES_LOG).size : 0;
    const child = spawn(process.execPath, [SCRIPT], {
      env: { ...process.env, CANARY: canary, DATABASE_URL: database.url, ...(careless && { CANARY_CARELESS: '1' }) },
    });
    const [out, err] = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray());
    const [stdout, stderr] = (await Promise.all([out, err])).map((parts) => parts.join(''));
    if (child.exitCode !== 0 && !stdout.includes('outcomes'))
      throw new Error(`The run failed:\n${stderr.slice(-4_000)}`);
    return {
      stdout,
      stderr,
      tables: await dump(database, (name) => name !== 'session'),
      'session table': await dump(database, (name) => name === 'session'),
      'log of Postgres': POSTGRES_LOG ? readFileSync(POSTGRES_LOG).subarray(before).toString('latin1') : '',
    };
  } finally {
    await database.drop();
  }
}

async function dump(database: TestDatabase, wanted: (name: string) => boolean): Promise<string> {
  const tables = await database.query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`);
  const names = tables.map(({ name }) => name as string).filter(wanted);
  const rows = await Promise.all(
    names.map((name) => database.query(`SELECT t::text, row_to_json(t) FROM "${name}" t`)),
  );
  return JSON.stringify(rows);
}

describe('A key that goes through everything', () => {
  const [canary, carelessCanary] = [makeCanary(), makeCanary()];
  let remains: Remains;
  let careless: Remains;

  beforeAll(async () => {
    remains = await run(canary, false);
    careless = await run(carelessCanary, true);
  });
  afterAll(() => {
    if (!POSTGRES_LOG) console.warn('The log of Postgres was not searched: TEST_POSTGRES_URL is a server of its own.');
  });

  it('is found in none of the places where it could be left', () => {
    const search = new LeakSearch(canary);
    for (const [place, text] of Object.entries(remains)) {
      const [leak] = search.find(text);
      // Around the leak, so that it can be told where it is from.
      const around =
        leak &&
        Buffer.from(text)
          .toString('latin1')
          .slice(Math.max(0, leak.at - 200), leak.at);
      expect([place, leak?.encoding, around]).toEqual([place, undefined, undefined]);
    }
  });

  it('is found in each of them where an application is careless', () => {
    const search = new LeakSearch(carelessCanary);
    expect(search.encodings(careless.stdout)).toContain('raw');
    expect(search.encodings(careless.stderr)).toContain('base64');
    expect(search.encodings(careless.tables)).toContain('hex');
    expect(search.encodings(careless['session table'])).not.toEqual([]);
    if (POSTGRES_LOG) expect(search.encodings(careless['log of Postgres'])).toContain('hex');
  });

  it('was stored, read and refused meanwhile, with everything logged', () => {
    const [, outcomes] = /outcomes (\{.*\})/.exec(remains.stdout)!;
    const { done, failed } = JSON.parse(outcomes) as { done: number; failed: number };
    expect(done).toBeGreaterThanOrEqual(24);
    expect(failed).toBeGreaterThanOrEqual(35);
    expect(remains.stdout).toMatch(/user getKey true[\s\S]*visitor getKey true/);
    expect(remains.stdout).toMatch(/INSERT INTO byok_keyring|CREATE TABLE "user_api_keys"/);
    expect(remains.stdout).toContain('ResolvedApiKey [REDACTED]');
    expect(remains.stdout).toMatch(/type: 'decryptFailed'/);
    expect(remains.tables).toContain('alice');
    expect(remains['session table']).toContain('sealed');
    if (POSTGRES_LOG)
      expect(remains['log of Postgres']).toMatch(/INSERT INTO "user_api_keys"[\s\S]*arameters: \$1 = 'user'/);
  });
});
