import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EncryptionService } from '../../lib/index.js';
import { cli, cliJson, keyIdOf, leaksIn } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const SECRET = EncryptionService.generateSecret();
const OTHER = EncryptionService.generateSecret();
const PASSWORD = 'a-password-of-a-test-7c1e';
const NOWHERE = `postgres://somebody:${PASSWORD}@127.0.0.1:1/nothing`;

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = await mkdtemp(join(tmpdir(), 'byok-cli-'));
  await cli(['migrate'], { DATABASE_URL: database.url });
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A failure is one or two lines, says what to write instead, and has no stack. */
function expectPlain(text: string): void {
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  expect(text).toMatch(/^nestjs-byok: (--)?[A-Za-z]/);
  expect(text).not.toMatch(/\n\s+at |node_modules|\.js:\d|Error:/);
}

describe('Wrong use', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['statsu'], /unknown command 'statsu'\nDid you mean status\?/],
    ['an unknown option', ['rotate', '--dryrun'], /unknown option '--dryrun'\nDid you mean --dry-run\?/],
    ['a batch that is no number', ['rotate', '--batch', 'many'], /a whole number from 1 to 10000/],
    ['a batch of nothing', ['rotate', '--batch', '0'], /a whole number from 1 to 10000/],
    ['a batch that is too large', ['rotate', '--batch', '10001'], /a whole number from 1 to 10000/],
    ['days that are no number', ['status', '--within', '-1'], /a whole number from 1 to/],
    ['no user', ['erase-user'], /missing required argument 'id'\nSee what there is: npx nestjs-byok erase-user --help/],
    ['no user to import for', ['import-env'], /required option '--user <id>'/],
    ['two users', ['export-user', 'a', 'b'], /too many arguments/],
    ['a dry run that should verify', ['rotate', '--dry-run', '--verify'], /cannot be used with option/],
    ['a key id that is none', ['retire', 'abc'], /16 hex digits, as npx nestjs-byok status/],
    ['a table that is none', ['status', '--table', 'a"b'], /--table must be 1 to 48 lower-case letters/],
    [
      'a table that is not there',
      ['status', '--table', 'nothing'],
      /in the database: nothing\.[^]*make it: npx nestjs-byok migrate --table nothing/,
    ],
    ['nothing to import', ['import-env', '--user', 'a'], /No API key is set[^]*OPENAI_API_KEY/],
    ['a user id that is none', ['erase-user', 'undefined'], /not a valid user id/],
    ['a provider that is none', ['import-env', '--user', 'a', '--provider', 'A b'], /provider/i],
  ])('%s', async (_, args, expected) => {
    const given = { DATABASE_URL: database.url, BYOK_SECRET: SECRET };
    const { code, stdout, stderr } = await cli(args, given);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(expected);
    expectPlain(stderr);
  });

  it('without a command prints the help and fails', async () => {
    expect(await cli([])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Usage: nestjs-byok') });
  });

  it('is told to machines as JSON', async () => {
    const { code, json, stderr } = await cliJson(['rotate', '--dryrun'], {});
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(json).toEqual({ error: { message: "unknown option '--dryrun'", advice: 'Did you mean --dry-run?' } });
    const none = await cliJson([], {});
    expect(none).toMatchObject({ code: 1, json: { error: { message: 'No command is given.' } } });
    await database.query('CREATE TABLE taken ()');
    const taken = await cliJson(['migrate', '--table', 'taken'], { DATABASE_URL: database.url });
    expect(taken).toMatchObject({ code: 1, json: { error: { message: expect.stringContaining('42P07') } } });
  });
});

describe('Secrets and URLs as arguments', () => {
  it.each<[string, string[]]>([
    ['--secret', ['rotate', '--secret', SECRET]],
    ['--secret=', ['rotate', `--secret=${SECRET}`]],
    ['a secret of another form', ['--secret', PASSWORD, 'status']],
    ['a secret alone', ['rotate', SECRET]],
    ['--database-url', ['status', '--database-url', NOWHERE]],
    ['--url=', ['status', `--url=${NOWHERE}`]],
    ['a URL alone', ['migrate', NOWHERE]],
    ['a secret as another option', ['rotate', `--batch=${SECRET}`]],
  ])('%s is refused, and not repeated', async (_, args) => {
    const { code, stdout, stderr } = await cli(args, { DATABASE_URL: NOWHERE, BYOK_SECRET: SECRET });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/never given as arguments[^]*BYOK_SECRET[^]*DATABASE_URL/);
    expect(stderr).not.toContain(PASSWORD);
    expectPlain(stderr);
  });

  it('are not repeated where they could not be told from other words', async () => {
    const hex = 'c0ffee1f9c'.repeat(7);
    for (const args of [[`--secrte=${PASSWORD}`], [hex], ['status', `--${hex}`], ['rotate', '--batch', hex]]) {
      const { code, stderr } = await cli(args);
      expect(code).toBe(1);
      expect(stderr).not.toMatch(new RegExp(`${PASSWORD}|${hex}`));
    }
  });

  it('would be seen in the output by these tests', () => {
    expect(leaksIn(`at ${NOWHERE}`, { DATABASE_URL: NOWHERE })).toEqual(['DATABASE_URL']);
    expect(leaksIn(`x${OTHER}x`, { BYOK_SECRET: `${SECRET},${OTHER}` })).toEqual(['BYOK_SECRET']);
    expect(leaksIn('nothing', { DATABASE_URL: NOWHERE, BYOK_SECRET: SECRET })).toEqual([]);
  });
});

describe('The environment', () => {
  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ['no database', { DATABASE_URL: undefined }, /DATABASE_URL is not set[^]*postgres:\/\/user/],
    ['an empty one', { DATABASE_URL: ' ' }, /DATABASE_URL is not set/],
    ['one of another kind', { DATABASE_URL: 'mysql://a:b@c/d' }, /must be a Postgres URL/],
    [
      'one that is broken',
      { DATABASE_URL: `postgres://a:${PASSWORD}@:x/d` },
      /not a valid Postgres URL\. Percent-encode/,
    ],
    ['nothing that listens', { DATABASE_URL: NOWHERE }, /127\.0\.0\.1:1\/nothing[^]*ECONNREFUSED/],
    ['a host that is none', { DATABASE_URL: `postgres://a:${PASSWORD}@host.invalid/d` }, /host\.invalid/],
    ['no secret', { BYOK_SECRET: undefined }, /No secret is given[^]*BYOK_SECRET[^]*--secret-file/],
    ['an empty one', { BYOK_SECRET: '' }, /No secret is given/],
    ['a weak one', { BYOK_SECRET: 'changeme' }, /placeholder[^]*npx nestjs-byok generate-secret/],
    ['a weak one behind', { BYOK_SECRET: `${SECRET},short` }, /number 2, is too short|number 2, has none/],
    ['a stray comma', { BYOK_SECRET: `${SECRET},` }, /number 2, is empty/],
    ['the same twice', { BYOK_SECRET: `${SECRET},${SECRET}` }, /The secrets number 1 and 2 are the same secret/],
  ])('%s', async (_, given, expected) => {
    const { code, stdout, stderr } = await cli(['status'], {
      DATABASE_URL: database.url,
      BYOK_SECRET: SECRET,
      ...given,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(stderr).not.toContain(PASSWORD);
    expectPlain(stderr);
  });

  it.each<[string, string, RegExp]>([
    ['TLS that the server has not', 'sslmode=verify-full', /does not speak TLS[^]*sslmode=disable/],
    ['a socket that is not there', 'host=/nowhere', /at \/nowhere:[^]*no such socket[^]*ENOENT[^]*host/],
    ['an authority that is not there', 'sslrootcert=/nowhere', /The database at [^]*ENOENT[^]*sslrootcert/],
    ['another schema', 'options=-c%20search_path%3Dpg_temp', /in the schema public, where [^]*search_path%3Dpublic/],
  ])('%s is told of the URL', async (_, parameter, expected) => {
    const given = { DATABASE_URL: `${database.url}?${parameter}`, BYOK_SECRET: SECRET };
    const { code, stderr } = await cli(['status'], given);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(expected) });
    expectPlain(stderr);
  });

  it('a wrong password or database is told without it', async () => {
    const wrong = new URL(database.url);
    wrong.password = PASSWORD;
    const refused = await cli(['status'], { DATABASE_URL: wrong.href, BYOK_SECRET: SECRET });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/user or the password \(28P01\)/) });
    const absent = new URL(database.url);
    absent.pathname = '/absent';
    const missing = await cli(['migrate'], { DATABASE_URL: absent.href });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/no database of that name \(3D000\)/) });
  });

  it('doctor explains all of it, and goes on as far as it can', async () => {
    const nothing = await cliJson(['doctor'], {});
    expect(nothing.code).toBe(1);
    expect(nothing.json.checks.map(({ name, status }: Record<string, string>) => [name, status])).toEqual([
      ['secret', 'fail'],
      ['database', 'fail'],
      ['rest', 'skip'],
    ]);
    const weak = await cli(['doctor'], { DATABASE_URL: database.url, BYOK_SECRET: 'changeme' });
    expect(weak.stdout).toMatch(/^FAIL {2}secret +BYOK_SECRET is a known placeholder[^]*^OK {4}migrations/m);
    const fresh = await cliJson(['doctor'], { DATABASE_URL: database.url, BYOK_SECRET: OTHER });
    expect(fresh.code).toBe(0);
    const found = Object.fromEntries(
      fresh.json.checks.map(({ name, status }: Record<string, string>) => [name, status]),
    );
    const names = [
      'secret',
      'database',
      'version',
      'tls',
      'pooler',
      'clock',
      'migrations',
      'rights',
      'rows',
      'grants',
      'canary',
    ];
    expect(found).toEqual({
      ...Object.fromEntries(names.map((name) => [name, 'ok'])),
      front: 'warn',
      sessions: 'skip',
    });
  });
});

describe('--secret-file', () => {
  const write = async (text: string, mode = 0o600) => {
    const path = join(folder, `${Math.trunc(performance.now() * 1_000)}.secret`);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  };
  const status = (path: string, command = 'status') =>
    cli([command, '--secret-file', path], { DATABASE_URL: database.url });

  it('is read a secret a line, the newest first, before BYOK_SECRET', async () => {
    const path = await write(`${OTHER}\r\n\n  ${SECRET}\n`);
    const { code, stdout } = await cli(['doctor', '--secret-file', path], {
      DATABASE_URL: database.url,
      BYOK_SECRET: 'changeme',
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`The key ${keyIdOf(OTHER)} seals; ${keyIdOf(SECRET)} open only.`);
    const other = await status(await write(`\uFEFF${OTHER},${SECRET}\r`), 'doctor');
    expect(other).toEqual({ ...other, code: 0, stdout: expect.stringContaining(stdout.split('\n')[0]) });
  });

  it('is refused where everybody can read it', async () => {
    for (const mode of [0o604, 0o644, 0o602]) {
      const { code, stderr } = await status(await write(SECRET, mode));
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('chmod 600') });
      expectPlain(stderr);
    }
    expect((await status(await write(SECRET, 0o640), 'doctor')).code).toBe(0);
  });

  it('is told where it is missing, empty, a folder or weak', async () => {
    expect((await status(join(folder, 'absent'))).stderr).toMatch(/cannot be read \(ENOENT\)/);
    expect((await status(folder)).stderr).toMatch(/cannot be read \(EISDIR\)/);
    expect((await status(await write('\n'))).stderr).toMatch(/is empty/);
    expect((await status(await write(`${SECRET}\nchangeme\n`))).stderr).toMatch(/Line 2 of the secret file is a known/);
  });
});
