import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EncryptionService } from '../../lib/index.js';
import { VaultTransitWrapper } from '../../lib/kms/vault-transit.wrapper.js';
import { startByok } from '../support/byok-app.js';
import { cli, type CliEnvironment, cliJson, fillTable, keyIdOf, shellCommand, start } from '../support/cli.js';
import { Consumer } from '../support/consumer.js';
import { ROOT } from '../support/manifest.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';
import { VaultStandIn } from '../support/vault-stand-in.js';

const DOCUMENT = join(ROOT, 'docs/operations.md');
const BLOCK = /<!-- (output|command|sql): ([\w.-]+) -->\n\n```\w+\n([^]*?)```/g;
const PASSWORD = 'a-password-of-a-test-7c1e';

/** Writes what the commands print into the document, instead of comparing: UPDATE_DOCUMENTS=1. */
const UPDATES = process.env['UPDATE_DOCUMENTS'] === '1';

const text = readFileSync(DOCUMENT, 'utf8');
const blocks = [...text.matchAll(BLOCK)].map(([, kind, name, code]) => ({ kind, name, code }));
const [old, fresh, newest] = Array.from({ length: 3 }, () => EncryptionService.generateSecret());

let database: TestDatabase;
let restored: TestDatabase;
let held: TestDatabase;
let vault: VaultStandIn;
let consumer: Consumer;
beforeAll(async () => {
  [database, restored, held] = await Promise.all([1, 2, 3].map(() => createDatabase()));
  await Promise.all([database, restored, held].map(({ url }) => cli(['migrate'], { DATABASE_URL: url })));
  vault = await VaultStandIn.start();
  vault.createKey('byok');
  consumer = await Consumer.create('module');
  await consumer.linkLibrary();
  await consumer.write('byok.secret.mjs', blocks.find(({ name }) => name === 'byok.secret.mjs')!.code);
  await fillTable(database, old, 1_200);
});
afterAll(async () => {
  await Promise.all([database, restored, held].map((each) => each.drop()));
  await vault.stop();
  await consumer.remove();
});

/** Ids and places as the document has them, for ever. */
function readable(output: string): string {
  return output
    .replaceAll(keyIdOf(old), '9f2c41d07be8a653')
    .replaceAll(keyIdOf(fresh), '4d1e8a02c96bf735')
    .replace(/(The root of the key )[0-9a-f]{16}/g, '$17c05be91d3a8f264')
    .replace(/127\.0\.0\.1:\d+\/\w+/g, 'localhost:5432/app')
    .replace(/\d+ kB|\d\.\d MB/, '616 kB');
}

/** What differs from run to run. */
function steady(output: string): string {
  return (
    output
      // A line of progress comes after five seconds: on a slow machine, and not on others.
      .replace(/^[\d,]+(?: of [\d,]+ \(\d+%\))? · .*\n/gm, '')
      .replace(/\d+\.\d s/g, '0.0 s')
      .replace(/[\d,]+\/s/g, '0/s')
      .replace(/\d+ ms/g, '0 ms')
      .replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, '0000-00-00')
      .replace(/"[0-9a-f]{32}"/g, '"0"')
  );
}

interface Run {
  /** Of the block. */
  name: string;
  /** Exit status. Default 0. */
  code?: number;
  given: () => CliEnvironment;
  /** What is piped in. */
  input?: () => string;
  /** What happens before. */
  before?: () => Promise<unknown>;
}

const on = (where: () => TestDatabase, secrets: string[]) => () => ({
  DATABASE_URL: where().url,
  BYOK_SECRET: secrets.join(),
});
const main = (...secrets: string[]) => on(() => database, secrets);
const backup = (...secrets: string[]) => on(() => restored, secrets);
const nowhere = () => ({ DATABASE_URL: 'postgres://somebody:a-password@127.0.0.1:1/app', BYOK_SECRET: fresh });
const kept = () => ({
  DATABASE_URL: held.url,
  VAULT_ADDR: vault.address,
  VAULT_TOKEN: vault.token,
  BYOK_SECRET_MODULE: join(consumer.folder, 'byok.secret.mjs'),
});

/** In the order of the document. */
const RUNS: Run[] = [
  { name: 'doctor', given: main(old) },
  { name: 'look', given: main(old) },
  {
    name: 'front',
    given: main(fresh, old),
    // The instances are started with it.
    before: async () => (await startByok({ secret: [fresh, old], db: database.url })).close(),
  },
  { name: 'dry-run', given: main(fresh, old) },
  { name: 'rotate', given: main(fresh, old) },
  { name: 'retire', given: main(fresh, old) },
  { name: 'end', given: main(fresh) },
  {
    name: 'lost',
    code: 2,
    given: main(fresh),
    before: async () => {
      await database.query('TRUNCATE user_api_keys, byok_keyring, byok_retired_keys');
      await fillTable(database, old, 2);
      await database.query(`UPDATE user_api_keys SET owner_id = 'of-' || owner_id`);
      await fillTable(database, fresh, 1_198);
    },
  },
  { name: 'lost-rotate', code: 2, given: main(fresh) },
  { name: 'backup', code: 1, given: backup(fresh), before: () => fillTable(restored, old, 1_200) },
  { name: 'backup-rotate', given: backup(fresh, old) },
  { name: 'backup-retire', given: backup(fresh, old) },
  { name: 'unreachable', code: 1, given: nowhere },
  {
    name: 'kms-away',
    code: 1,
    given: kept,
    before: async () => {
      const { VAULT_ADDR: address, VAULT_TOKEN: token } = kept();
      const secret = new VaultTransitWrapper({ address, token, key: 'byok' });
      await (await startByok({ secret, db: held.url })).close();
      vault.sealed = true;
    },
  },
  { name: 'kms-status', code: 1, given: kept },
  {
    name: 'rewrap',
    given: kept,
    before: async () => {
      vault.sealed = false;
      vault.rotateKey('byok');
    },
  },
  { name: 'migrate', given: backup(fresh) },
  { name: 'import-env', given: () => ({ ...backup(fresh)(), OPENAI_API_KEY: 'an-example-of-an-api-key-1f9c' }) },
  {
    name: 'import',
    code: 2,
    given: backup(fresh),
    input: () => blocks.find(({ name }) => name === 'keys.ndjson')!.code,
  },
  { name: 'export-user', given: backup(fresh) },
  { name: 'sweep', given: backup(fresh) },
  { name: 'erase-user', given: backup(fresh) },
  { name: 'wrong-use', code: 1, given: backup(fresh) },
];

async function fed(
  args: string,
  given: CliEnvironment,
  input: string,
): Promise<{ code: number | null; output: string }> {
  const running = start('sh', ['-c', `${shellCommand(args)} 2>&1`], given, input);
  running.child.stdin!.end();
  const { code, stdout } = await running.ended;
  return { code, output: stdout };
}

/** The command of a block, and what it prints; one that reads runs in a process of its own. */
async function outputOf({ name, code = 0, given, before, input }: Run): Promise<string> {
  await before?.();
  const [command] = blocks.find((block) => block.name === name)!.code.split('\n');
  const args = /^\$ npx nestjs-byok ([\w -]+?)(?: < \S+)?$/.exec(command)![1];
  const ended = input ? await fed(args, given(), input()) : await cli(args.split(' '), given());
  expect([name, ended.code]).toEqual([name, code]);
  return `${command}\n${readable(ended.output)}`;
}

describe('docs/operations.md', () => {
  it('has a run for every output it shows', () => {
    const shown = blocks.filter(({ kind }) => kind === 'output').map(({ name }) => name);
    expect(shown).toEqual(RUNS.map(({ name }) => name));
    expect(blocks.filter(({ kind }) => kind !== 'output').map(({ name }) => name)).toEqual([
      'byok.secret.mjs',
      'generate.sh',
      'lost.sql',
      'keys.ndjson',
      'roles.sql',
      'public-roles.sql',
    ]);
    expect(text.match(/^```\w/gm)).toHaveLength(blocks.length);
  });

  it('shows what the commands print', async () => {
    // What happens on one database happens in turn.
    const lanes = [RUNS.slice(0, 9), RUNS.slice(9, 12).concat(RUNS.slice(16)), RUNS.slice(12, 16)];
    const printed = new Map<string, string>();
    await Promise.all(
      lanes.map(async (lane) => {
        for (const run of lane) printed.set(run.name, await outputOf(run));
      }),
    );
    let updated = text;
    for (const { name } of RUNS) {
      const { code: shown } = blocks.find((block) => block.name === name)!;
      const mark = `<!-- output: ${name} -->\n\n\`\`\`console\n`;
      updated = updated.replace(mark + shown, () => mark + printed.get(name));
      if (!UPDATES) expect([name, steady(printed.get(name)!)]).toEqual([name, steady(shown)]);
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

  it('takes the tables away from public roles, after which doctor finds none', async () => {
    const own = await createDatabase();
    const suffix = new URL(own.url).pathname.slice(6);
    const [anon, authenticated] = [`anon_${suffix}`, `authenticated_${suffix}`];
    const given = { DATABASE_URL: own.url, BYOK_SECRET: fresh };
    const grants = async () =>
      ((await cliJson(['doctor'], given)).json as { checks: { name: string; status: string }[] }).checks.find(
        ({ name }) => name === 'grants',
      )?.status;
    await own.query(`CREATE ROLE ${anon}; CREATE ROLE ${authenticated}`);
    try {
      await cli(['migrate'], given);
      await own.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${anon}, ${authenticated}`);
      expect(await grants()).toBe('warn');
      const sql = blocks.find(({ name }) => name === 'public-roles.sql')!.code;
      await own.query(sql.replaceAll('authenticated', authenticated).replace(/\banon\b/g, anon));
      expect(await grants()).toBe('ok');
    } finally {
      await own.drop();
      await database.query(`DROP ROLE ${anon}, ${authenticated}`);
    }
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
      await expect(onServer(as(app), 'DELETE FROM byok_retired_keys')).rejects.toMatchObject({ code: '42501' });
      await expect(onServer(as(app), 'DELETE FROM byok_keyring')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await database.query(`DROP OWNED BY ${app}, ${operator}; DROP ROLE ${app}, ${operator}`);
    }
  });
});
