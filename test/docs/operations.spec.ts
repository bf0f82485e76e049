import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EncryptionService } from '../../lib/index.js';
import { startByok } from '../support/byok-app.js';
import { cli, cliJson, fillTable, keyIdOf, shellCommand, start } from '../support/cli.js';
import { ROOT } from '../support/consumer.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const DOCUMENT = join(ROOT, 'docs/operations.md');
const BLOCK = /<!-- (output|command|sql): ([\w.-]+) -->\n\n```\w+\n([^]*?)```/g;
const PASSWORD = 'a-password-of-a-test-7c1e';

/** Writes what the commands print into the document, instead of comparing: UPDATE_DOCUMENTS=1. */
const UPDATES = process.env['UPDATE_DOCUMENTS'] === '1';

const text = readFileSync(DOCUMENT, 'utf8');
const blocks = [...text.matchAll(BLOCK)].map(([, kind, name, code]) => ({ kind, name, code }));
const [old, fresh, newest] = Array.from({ length: 3 }, () => EncryptionService.generateSecret());

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await cli(['migrate'], { DATABASE_URL: database.url });
  await fillTable(database, old, 1_200);
});
afterAll(() => database.drop());

/** Ids and places as the document has them, for ever. */
function readable(output: string): string {
  return output
    .replaceAll(keyIdOf(old), '9f2c41d07be8a653')
    .replaceAll(keyIdOf(fresh), '4d1e8a02c96bf735')
    .replace(/127\.0\.0\.1:\d+\/\w+/g, 'localhost:5432/app')
    .replace(/\d+ kB|\d\.\d MB/, '616 kB');
}

/** What differs from run to run. */
function steady(output: string): string {
  return output
    .replace(/\d+\.\d s/g, '0.0 s')
    .replace(/[\d,]+\/s/g, '0/s')
    .replace(/\d+ ms/g, '0 ms')
    .replace(/\d{4}-\d\d-\d\d/g, '0000-00-00');
}

/** The environment, the exit status, and what happens before, by the name of a block and in their order. */
const RUNS: [name: string, secrets: string[], code: number, before?: () => Promise<unknown>][] = [
  ['doctor', [old], 0],
  ['look', [old], 0],
  // The instances are started with it.
  ['front', [fresh, old], 0, async () => (await startByok({ secret: [fresh, old], db: database.url })).close()],
  ['dry-run', [fresh, old], 0],
  ['rotate', [fresh, old], 0],
  ['retire', [fresh, old], 0],
  ['end', [fresh], 0],
  [
    'lost',
    [fresh],
    2,
    async () => {
      await database.query('TRUNCATE user_api_keys, byok_keyring, byok_retired_keys');
      await fillTable(database, old, 2);
      await database.query(`UPDATE user_api_keys SET owner_id = 'of-' || owner_id`);
      await fillTable(database, fresh, 1_198);
    },
  ],
  ['lost-rotate', [fresh], 2],
  ['unreachable', [fresh], 1],
];

describe('docs/operations.md', () => {
  it('has a run for every output it shows', () => {
    const shown = blocks.filter(({ kind }) => kind === 'output').map(({ name }) => name);
    expect(shown).toEqual(RUNS.map(([name]) => name));
    expect(blocks.filter(({ kind }) => kind !== 'output').map(({ name }) => name)).toEqual([
      'generate.sh',
      'lost.sql',
      'roles.sql',
    ]);
    expect(text.match(/^```\w/gm)).toHaveLength(blocks.length);
  });

  it('shows what the commands print', async () => {
    let updated = text;
    for (const [name, secrets, code, before] of RUNS) {
      await before?.();
      const { code: shown } = blocks.find((block) => block.name === name)!;
      const [command] = shown.split('\n');
      const args = /^\$ npx nestjs-byok ([\w -]+)$/.exec(command)![1];
      const url = name === 'unreachable' ? 'postgres://somebody:a-password@127.0.0.1:1/app' : database.url;
      const ended = await start('sh', ['-c', `${shellCommand(args)} 2>&1`], {
        DATABASE_URL: url,
        BYOK_SECRET: secrets.join(),
      }).ended;
      expect([name, ended.code]).toEqual([name, code]);
      const printed = `${command}\n${readable(ended.stdout)}`;
      const mark = `<!-- output: ${name} -->

\`\`\`console
`;
      updated = updated.replace(mark + shown, () => mark + printed);
      if (!UPDATES) expect([name, steady(printed)]).toEqual([name, steady(shown)]);
    }
    if (UPDATES) writeFileSync(DOCUMENT, updated);
  });

  it('removes the rows of a lost secret as it says, after which the application starts', async () => {
    const sql = blocks.find(({ name }) => name === 'lost.sql')!.code;
    await expect(startByok({ secret: fresh, db: database.url })).rejects.toThrow('a secret that is not given');
    await database.query(sql.replace('9f2c41d07be8a653', keyIdOf(old)));
    const given = { DATABASE_URL: database.url, BYOK_SECRET: fresh };
    expect(await cli(['retire', keyIdOf(old)], given)).toMatchObject({ code: 0 });
    await (await startByok({ secret: fresh, db: database.url })).close();
  });

  it('grants roles what they need, and no more', async () => {
    const suffix = Date.now().toString(36);
    const [app, operator] = [`byok_app_${suffix}`, `byok_operator_${suffix}`];
    const as = (role: string) => Object.assign(new URL(database.url), { username: role, password: PASSWORD }).href;
    const grants = blocks.find(({ name }) => name === 'roles.sql')!.code;
    await database.query(
      `CREATE ROLE ${app} LOGIN PASSWORD '${PASSWORD}'; CREATE ROLE ${operator} LOGIN PASSWORD '${PASSWORD}'`,
    );
    try {
      await database.query(grants.replaceAll('byok_app', app).replaceAll('byok_operator', operator));
      const db = { type: 'postgres', url: as(app), migrationsRun: false } as const;
      const { byok, close } = await startByok({ secret: [newest, fresh], db, audit: true });
      await byok.setKey({ userId: 'alice' }, 'openai', 'an-example-of-an-api-key-1f9c');
      expect(await byok.getKey({ userId: 'alice' }, 'openai')).toBe('an-example-of-an-api-key-1f9c');
      expect(await byok.auditTrail({ userId: 'alice' })).not.toEqual([]);
      expect(await byok.deleteExpired()).toBe(0);
      await close();

      const given = { DATABASE_URL: as(operator), BYOK_SECRET: `${newest},${fresh}` };
      expect(await cliJson(['doctor'], given)).toMatchObject({ code: 0, json: { ok: true } });
      expect(await cliJson(['rotate', '--verify'], given)).toMatchObject({ code: 0, json: { rotated: 1_198 } });
      expect(await cliJson(['retire'], given)).toMatchObject({ code: 0 });
      expect(await cliJson(['sweep'], given)).toMatchObject({ code: 0 });
      expect((await cli(['export-user', 'alice'], given)).code).toBe(0);
      expect(await cliJson(['erase-user', 'alice'], given)).toMatchObject({ code: 0, json: { keys: 1 } });
      expect(await cli(['retire', keyIdOf(fresh)], { ...given, DATABASE_URL: as(app) })).toMatchObject({ code: 0 });
      expect(await cli(['migrate', '--table', 'others'], given)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('role may not do this (42501)'),
      });
      const app2 = { DATABASE_URL: as(app), BYOK_SECRET: `${fresh},${newest}` };
      expect(await cli(['retire', keyIdOf(newest)], app2)).toMatchObject({ code: 1 });
      await expect(asRole(as(app), 'DELETE FROM byok_retired_keys')).rejects.toMatchObject({ code: '42501' });
      await expect(asRole(as(app), 'DELETE FROM byok_keyring')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await database.query(`DROP OWNED BY ${app}, ${operator}; DROP ROLE ${app}, ${operator}`);
    }
  });
});

async function asRole(url: string, sql: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
