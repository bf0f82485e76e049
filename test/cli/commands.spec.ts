import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { EncryptionService } from '../../lib/index.js';
import { cli, cliJson, cliProcess, keyIdOf, onTerminal, rowsOn, shellCommand } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const OPENAI = 'an-example-of-an-api-key-1f9c';
const ROUTER = 'an-example-of-an-api-key-of-a-router-2f9c';

/** As an operator does it, from an empty database to a retired secret; each step stands on those before it. */
describe('The command line', () => {
  const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
  let database: TestDatabase;
  let before: Record<string, string>;
  let after: Record<string, string>;

  beforeAll(async () => {
    database = await createDatabase();
    before = { DATABASE_URL: database.url, BYOK_SECRET: old };
    after = { DATABASE_URL: database.url, BYOK_SECRET: `${fresh},${old}` };
  });
  afterAll(() => database.drop());

  it('prints help with examples and its version without a database or a secret', async () => {
    const help = await cliProcess(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const part of ['DATABASE_URL', 'BYOK_SECRET', 'Exit status: 0 done, 1', '$ npx nestjs-byok rotate --verify']) {
      expect(help.stdout).toContain(part);
    }
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+(?:-[a-z]+)?) .*\S/gm)].map(([, name]) => name);
    const expected =
      'generate-secret status doctor migrate rotate retire rewrap check sweep erase-user export-user import import-env';
    expect(commands.slice(0, 13)).toEqual(expected.split(' '));
    const one = await cli(['rotate', '--help']);
    expect(one.stdout).toMatch(/--dry-run[^]*--secret-file[^]*Example:\n {2}\$ npx nestjs-byok rotate/);
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('loads neither Nest nor TypeORM nor the driver to print its help or to refuse wrong use', async () => {
    const loadedBy = async (...args: string[]): Promise<string[]> => {
      const folder = await mkdtemp(join(tmpdir(), 'byok-cli-'));
      await cliProcess(args, { ...before, NODE_V8_COVERAGE: folder });
      const [report] = await readdir(folder);
      const { result } = JSON.parse(await readFile(join(folder, report), 'utf8')) as { result: { url: string }[] };
      await rm(folder, { recursive: true });
      const packages = result.map(({ url }) => /node_modules\/(@nestjs|typeorm|pg|commander)\//.exec(url)?.[1]);
      return [...new Set(packages)].filter((name) => name !== undefined).sort();
    };
    for (const args of [
      ['--help'],
      ['rotate', '--help'],
      ['--version'],
      ['rotate', '--dryrun'],
      ['rotate', before.BYOK_SECRET],
    ])
      expect([args[0], await loadedBy(...args)]).toEqual([args[0], ['commander']]);
    expect(await loadedBy('status')).toEqual(expect.arrayContaining(['commander', 'pg', 'typeorm']));
  });

  it('generate-secret prints a secret that is taken, and nothing else', async () => {
    const { stdout, stderr, code } = await cliProcess(['generate-secret']);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(() => new EncryptionService(stdout.replace(/\n$/, ''))).not.toThrow();
    const { json } = await cliJson(['generate-secret'], {});
    expect(json).toEqual({ secret: expect.stringMatching(/^byok_/), keyId: keyIdOf(json.secret) });
    expect(json.secret).not.toBe(stdout.trim());
  });

  it('generate-secret --env prints a line that Node reads from a .env file', async () => {
    const { stdout, stderr, code } = await cliProcess(['generate-secret', '--env']);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const { BYOK_SECRET, ...others } = parseEnv(`OTHER=1\n${stdout}LAST=2\n`);
    expect(others).toEqual({ OTHER: '1', LAST: '2' });
    expect(() => new EncryptionService(BYOK_SECRET!)).not.toThrow();
  });

  it('doctor says that the tables are missing, and migrate makes them', async () => {
    const { code, json } = await cliJson(['doctor'], before);
    expect({ code, ok: json.ok }).toEqual({ code: 1, ok: false });
    expect(json.checks).toContainEqual({
      name: 'migrations',
      status: 'fail',
      message: expect.stringContaining('user_api_keys'),
      advice: 'Make them: npx nestjs-byok migrate',
    });

    const [first, second] = await Promise.all([cliJson(['migrate'], before), cliJson(['migrate'], before)]);
    expect([first.code, second.code]).toEqual([0, 0]);
    const ran = [...first.json.ran, ...second.json.ran];
    expect(ran.length).toBeGreaterThan(1);
    expect(new Set(ran).size).toBe(ran.length);
    expect(await cli(['migrate'], { DATABASE_URL: database.url })).toMatchObject({
      code: 0,
      stdout: 'Nothing to do: all migrations have run before.\n',
    });
  });

  it('migrate makes a table of another name', async () => {
    expect(await cli(['migrate', '--table', 'other_keys'], before)).toMatchObject({ code: 0 });
    expect(await database.query('SELECT * FROM other_keys')).toEqual([]);
  });

  it('import-env stores what the environment has', async () => {
    const keys = { API_KEY_OPENAI: OPENAI, API_KEY_OPEN_ROUTER: ROUTER };
    const stored = await cliJson(['import-env', '--user', 'alice'], { ...before, ...keys });
    expect(stored).toMatchObject({ code: 0, json: { userId: 'alice', stored: { openai: true, 'open-router': true } } });
    expect(await rowsOn(database, old)).toBe(2);
    const named = ['import-env', '--user', 'bob', '--provider', 'open.router', 'anthropic'];
    expect(await cliJson(named, { ...before, ...keys })).toMatchObject({
      code: 1,
      json: { stored: { 'open.router': true, anthropic: false } },
    });
    const short = await cli(['import-env', '--user', 'bob', '--provider', 'a.b', 'c'], {
      ...before,
      API_KEY_A_B: 'short',
    });
    expect(short).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^a\.b: not stored\. API_KEY_A_B does not hold an API key\. .*\nc: .* None of these is set: API_KEY_C, C_API_KEY, C_API_TOKEN, C_TOKEN\.\n$/,
      ),
    });
  });

  it('status tells keys, providers, expiry and size, for people and for machines', async () => {
    await database.query(`UPDATE user_api_keys SET expires_at = now() + interval '10 days' WHERE owner_id = 'bob'`);
    const { json, code } = await cliJson(['status'], before);
    const keyId = keyIdOf(old);
    expect(code).toBe(0);
    expect(json).toEqual({
      table: 'user_api_keys',
      current: keyId,
      rows: 3,
      expired: 0,
      expiring: 1,
      expiringWithinDays: 30,
      unreadable: 0,
      tableBytes: expect.any(Number),
      keys: [{ keyId, state: 'current', rows: 3, secretKnown: true, retiredAt: null }],
      providers: ['open-router', 'open.router', 'openai'].map((provider) => ({
        provider,
        rows: 1,
        expired: 0,
        expiring: provider === 'open.router' ? 1 : 0,
        unreadable: 0,
      })),
    });
    expect(json.tableBytes).toBeGreaterThan(8_192);
    const { stdout } = await cli(['status', '--within', '9'], after);
    expect(stdout).toMatch(new RegExp(`${keyIdOf(fresh)} +current +0\n +${keyId} +known +3\n`));
    expect(stdout).toContain('npx nestjs-byok rotate');
    expect(stdout).toContain('Expiring within 9 days: 0.');
  });

  it('sweep removes what has expired, without a secret', async () => {
    await database.query(`UPDATE user_api_keys SET expires_at = now() - interval '1 day' WHERE owner_id = 'bob'`);
    expect(await cliJson(['sweep'], { DATABASE_URL: database.url })).toMatchObject({ code: 0, json: { removed: 1 } });
  });

  it('refuses to retire before anything seals with the new key', async () => {
    const refused = await cli(['retire'], after);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not in use here') });
  });

  it('rotate --dry-run opens and changes nothing', async () => {
    const table = () => database.query('SELECT * FROM user_api_keys, byok_keyring ORDER BY 1, 2, 3');
    const was = await table();
    const { code, json } = await cliJson(['rotate', '--dry-run'], after);
    expect({ code, ...json }).toMatchObject({ code: 0, dryRun: true, rotated: 2, keyId: keyIdOf(fresh) });
    const warned = expect.stringContaining(`The key ${keyIdOf(fresh)} was never in use here`);
    expect(await cli(['rotate', '--dry-run'], after)).toMatchObject({ code: 0, stderr: warned });
    expect(await table()).toEqual(was);
  });

  it('retire is refused by the database while a row is left', async () => {
    await cli(['import-env', '--user', 'carol'], { ...after, API_KEY_OPENAI: OPENAI });
    const { code, json } = await cliJson(['retire', keyIdOf(old), keyIdOf(fresh)], after);
    const refused = [old, fresh].map((secret) => ({ keyId: keyIdOf(secret), outcome: 'refused' }));
    expect({ code, ...json }).toMatchObject({ code: 1, keys: refused });
    expect(await database.query('SELECT 1 FROM byok_retired_keys')).toEqual([]);
  });

  it('rotate --verify moves and opens everything', async () => {
    const { code, json, stderr } = await cliJson(['rotate', '--verify', '--batch', '1'], after);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json).toMatchObject({
      keyId: keyIdOf(fresh),
      dryRun: false,
      rotated: 2,
      remaining: 0,
      unreadable: [],
      unreadableCount: 0,
      aborted: false,
      verification: { ok: true, rows: 3, onOldKey: 0 },
    });
    expect(await rowsOn(database, fresh)).toBe(3);
  });

  it('retire retires for good, once', async () => {
    expect(await cliJson(['retire'], after)).toMatchObject({
      code: 0,
      json: { keys: [{ keyId: keyIdOf(old), outcome: 'retired' }] },
    });
    expect((await cliJson(['retire', keyIdOf(old)], after)).json.keys[0].outcome).toBe('already');
    const alone = { ...after, BYOK_SECRET: fresh };
    expect(await cli(['retire'], alone)).toMatchObject({ code: 0, stdout: expect.stringContaining('only one secret') });
    expect((await cli(['status'], alone)).stdout).toMatch(new RegExp(`${keyIdOf(old)} +retired +0 +\\d{4}-`));
    // Whoever has not heard of it is told at once.
    const command = ['import-env', '--user', 'x', '--provider', 'openai'];
    expect(await cli(command, before)).toMatchObject({ code: 1, stderr: expect.stringContaining(keyIdOf(fresh)) });
    const doctor = await cliJson(['doctor'], before);
    const failed = doctor.json.checks.filter(({ status }: { status: string }) => status === 'fail');
    expect(failed.map(({ name }: { name: string }) => name)).toEqual(['canary', 'front']);
  });

  it('export-user prints what is stored, without secrets', async () => {
    const { stdout, code } = await cli(['export-user', 'alice'], after);
    const { userId, keys } = JSON.parse(stdout);
    expect({ code, userId }).toEqual({ code: 0, userId: 'alice' });
    expect(keys.map(({ provider, hint, status }: Record<string, string>) => [provider, hint, status])).toEqual([
      ['open-router', '…2f9c', 'active'],
      ['openai', '…1f9c', 'active'],
    ]);
    expect(stdout).not.toContain(OPENAI);
  });

  it('erase-user asks at a terminal, and removes with --yes or where nobody can be asked', async () => {
    const left = () => database.query(`SELECT 1 FROM user_api_keys WHERE owner_id IN ('alice', 'carol')`);
    const asked = onTerminal(shellCommand('erase-user alice'), { DATABASE_URL: database.url }, 'n\n');
    const answer = await asked.ended;
    expect(answer).toMatchObject({ code: 1 });
    expect(answer.stdout).toContain('permanently? [y/N]');
    expect(await left()).toHaveLength(3);
    const agreed = onTerminal(shellCommand('erase-user alice'), { DATABASE_URL: database.url }, 'y\n');
    expect(await agreed.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Removed 2 stored keys') });
    expect(await cliJson(['erase-user', 'carol', '--yes'], { DATABASE_URL: database.url })).toMatchObject({
      code: 0,
      json: { userId: 'carol', keys: 1, auditEntries: 0 },
    });
    expect(await left()).toEqual([]);
  });

  it('knows owners of other kinds than users', async () => {
    const site = { DATABASE_URL: database.url, BYOK_SECRET: fresh };
    const t1 = { kind: 'team', id: 't1' };
    const of = (command: string, ...more: string[]) => cliJson([command, ...more, '--kind', 'team'], site);
    const stored = await cliJson(['import-env', '--user', 't1', '--kind', 'team'], { ...site, API_KEY_OPENAI: OPENAI });
    expect(stored).toMatchObject({ code: 0, json: { owner: t1, stored: { openai: true } } });
    expect((await of('export-user', 't1')).json).toMatchObject({ owner: t1, keys: [{ provider: 'openai' }] });
    expect((await cliJson(['export-user', 't1'], site)).json).toMatchObject({ userId: 't1', keys: [] });
    expect((await cliJson(['erase-user', 't1', '--yes'], site)).json).toMatchObject({ userId: 't1', keys: 0 });
    expect((await of('erase-user', 't1', '--yes')).json).toEqual({ owner: t1, keys: 1, auditEntries: 0 });
    const refused = await cli(['erase-user', 't1', '--yes', '--kind', 'session'], site);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('The kind of an owner must be user') });
  });

  it('keeps the audit log where the application keeps one, and erases a user from it', async () => {
    const insert = `INSERT INTO byok_audit_log VALUES
      (gen_random_uuid(), now(), 'user', 'dora', 'used', 'success', 'openai', 'default', NULL, 'database', NULL, 1)`;
    await database.query(insert);
    await cli(['import-env', '--user', 'dora'], {
      DATABASE_URL: database.url,
      BYOK_SECRET: fresh,
      API_KEY_OPENAI: OPENAI,
    });
    const entries = () => database.query(`SELECT action FROM byok_audit_log WHERE owner_id = 'dora' ORDER BY at`);
    expect(await entries()).toEqual([{ action: 'used' }, { action: 'stored' }]);
    expect((await cliJson(['erase-user', 'dora'], before)).json).toEqual({ userId: 'dora', keys: 1, auditEntries: 2 });
  });
});
