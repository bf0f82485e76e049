import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EncryptionService } from '../../lib/index.js';
import { VaultTransitWrapper } from '../../lib/kms/vault-transit.wrapper.js';
import { startByok } from '../support/byok-app.js';
import { cli, cliJson, keyIdOf } from '../support/cli.js';
import { ROOT } from '../support/manifest.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { VaultStandIn } from '../support/vault-stand-in.js';

const WRAPPER = pathToFileURL(join(ROOT, 'dist/kms/vault-transit.wrapper.js')).href;
const KEY = 'an-example-of-an-api-key-1f9c';
const SECRET = EncryptionService.generateSecret();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'byok-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, code: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, code);
  await chmod(path, 0o644);
  return path;
}

describe('A module whose default export is the secret', () => {
  const NOWHERE = 'postgres://somebody:a-password@127.0.0.1:1/nothing';

  it.each<[string, string, string, RegExp]>([
    [
      'exports nothing by default',
      'a.mjs',
      'export const secret = 1;',
      /a\.mjs has no default export\.\nLet it end with/,
    ],
    ['exports a number', 'b.mjs', 'export default 42;', /The default export of \S+b\.mjs cannot be a secret/],
    ['exports an object', 'c.mjs', 'export default { secret: 1 };', /cannot be a secret.*or give a KeyWrapper/],
    ['exports an empty array', 'd.mjs', 'export default [];', /is an empty array\.\nPut at least one/],
    [
      'exports a weak secret behind a good one',
      'e.mjs',
      `export default ['${SECRET}', 'changeme'];`,
      /number 2, is a known/,
    ],
    [
      'exports one secret twice',
      'f.mjs',
      `export default ['${SECRET}', '${SECRET}'];`,
      /secrets number 1 and 2 are the same/,
    ],
    [
      'gives nothing',
      'g.mjs',
      'export default async () => process.env.NOT_SET;',
      /gives nothing by its default export/,
    ],
    [
      'is compiled to CommonJS',
      'h.cjs',
      'exports.__esModule = true; exports.default = "short";',
      /h\.cjs (is too short|has none)/,
    ],
    [
      'exports a wrapper without an id',
      'i.mjs',
      'const f = async (k) => k; export default { wrap: f, unwrap: f };',
      /its id must be/,
    ],
    [
      'has a wrong option',
      'j.mjs',
      `import { VaultTransitWrapper as V } from '${WRAPPER}'; export default new V({});`,
      /failed: VaultTransitWrapper: address/,
    ],
    [
      'throws',
      'k.mjs',
      `\nthrow Object.assign(new TypeError('${KEY}'), { code: 'EOWN' });`,
      /failed at line 2 \(TypeError EOWN\)\.\nWhat it said is not repeated/,
    ],
    ['exports a function that rejects', 'l.mjs', `export default () => Promise.reject('${KEY}');`, /failed \(string\)/],
    [
      'imports what is not there',
      'm.mjs',
      'import "absent-package"; export default 1;',
      /imports absent-package, which is not there/,
    ],
    ['is not JavaScript', 'n.txt', 'export default 1;', /is not a JavaScript module\.\nGive a \.mjs/],
    ['is JSON', 'o.json', '{}', /is not a JavaScript module/],
  ])('is told where it %s', async (_, name, code, expected) => {
    const given = { DATABASE_URL: NOWHERE, BYOK_SECRET_MODULE: await write(name, code) };
    const { code: exit, stdout, stderr } = await cli(['status'], given);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/^nestjs-byok: .+\n(.+\n)?$/);
    expect(stderr).not.toMatch(new RegExp(`${KEY}|${SECRET}`));
  });

  it('is told where it is missing, a folder, or open to changes by everybody', async () => {
    const run = (...args: string[]) => cli(['status', ...args], { DATABASE_URL: NOWHERE, BYOK_SECRET: SECRET });
    expect((await run('--secret-module', join(folder, 'absent.mjs'))).stderr).toMatch(
      /absent\.mjs cannot be read \(ENOENT\)/,
    );
    expect((await run('--secret-module', folder)).stderr).toMatch(/cannot be read \(EISDIR\)/);
    const open = await write('open.mjs', `export default '${SECRET}';`);
    await chmod(open, 0o666);
    expect((await run('--secret-module', open)).stderr).toMatch(/can be changed by every user.*\n.*chmod o-w/);
    expect((await run('--secret-module', open, '--secret-file', open)).stderr).toMatch(/cannot be used with option/);
    const { code, stderr } = await cli(['rewrap'], { DATABASE_URL: NOWHERE, BYOK_SECRET: SECRET });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('127.0.0.1:1/nothing') });
  });
});

describe('The command line with a key management service', () => {
  let vault: VaultStandIn;
  let database: TestDatabase;
  let given: Record<string, string>;

  beforeAll(async () => {
    vault = await VaultStandIn.start();
    for (const name of ['byok', 'newer']) vault.createKey(name);
    database = await createDatabase();
    await write(
      'vault.mjs',
      `import { VaultTransitWrapper } from '${WRAPPER}';
      export default async () => {
        const { VAULT_ADDR: address, VAULT_TOKEN: token, KEYS, BYOK_SECRET } = process.env;
        const of = (key) => (key === 'secret' ? BYOK_SECRET : new VaultTransitWrapper({ address, token, key }));
        return KEYS.split(' ').map(of);
      };`,
    );
    given = {
      DATABASE_URL: database.url,
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.token,
      BYOK_SECRET_MODULE: join(folder, 'vault.mjs'),
      BYOK_SECRET: SECRET,
      KEYS: 'byok',
    };
    await cli(['migrate'], given);
  });
  beforeEach(() => {
    vault.sealed = false;
  });
  afterAll(async () => {
    await vault.stop();
    await database.drop();
  });

  const wrapper = (key = 'byok') => new VaultTransitWrapper({ address: vault.address, token: vault.token, key });
  const keyring = async () => (await database.query('SELECT * FROM byok_keyring WHERE wrapped_root IS NOT NULL'))[0];
  async function checksOf(more: Record<string, string> = {}): Promise<Record<string, [string, string]>> {
    const { json, code } = await cliJson(['doctor'], { ...given, ...more });
    expect(code).toBe(json.ok ? 0 : 1);
    return Object.fromEntries(
      json.checks.map(({ name, status, message }: Record<string, string>) => [name, [status, message]]),
    );
  }

  it('makes no root itself, which is for the first start of the application', async () => {
    const { kms, root, canary } = await checksOf();
    expect([kms, root, canary]).toMatchObject([
      ['ok', expect.stringMatching(/^vault-transit:transit\/byok: the service answers in \d+ ms\.$/)],
      ['warn', expect.stringMatching(/^No root is wrapped/)],
      ['skip', expect.anything()],
    ]);
    const { code, stderr } = await cli(['import-env', '--user', 'bob'], { ...given, API_KEY_OPENAI: KEY });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no root yet') });
    expect(await database.query('SELECT 1 FROM byok_keyring')).toEqual([]);
    expect(vault.calls).toEqual([]);
  });

  it('opens, seals, moves and retires as with a secret', async () => {
    const before = await startByok({ secret: SECRET, db: database.url });
    await before.byok.setKey({ userId: 'alice' }, 'openai', KEY);
    await before.close();
    await (await startByok({ secret: [wrapper(), SECRET], db: database.url })).close();
    const both = { ...given, KEYS: 'byok secret' };
    expect(await cliJson(['rotate', '--verify'], both)).toMatchObject({
      code: 0,
      json: { rotated: 1, remaining: 0, verification: { ok: true, rows: 1 } },
    });
    expect(await cliJson(['retire'], both)).toMatchObject({
      code: 0,
      json: { keys: [{ keyId: keyIdOf(SECRET), outcome: 'retired' }] },
    });
    const stored = await cliJson(['import-env', '--user', 'bob'], { ...given, API_KEY_OPENAI: KEY });
    expect(stored).toMatchObject({ code: 0, json: { stored: { openai: true } } });
    expect(await cliJson(['export-user', 'alice'], given)).toMatchObject({
      code: 0,
      json: { keys: [{ provider: 'openai', status: 'active' }] },
    });
    const after = await startByok({ secret: wrapper(), db: database.url });
    expect(await after.byok.getKey({ userId: 'bob' }, 'openai')).toBe(KEY);
    await after.close();
  });

  it('rewrap has a new version of the key wrap the root, and another key', async () => {
    const rows = () => database.query('SELECT t::text FROM user_api_keys t ORDER BY 1');
    const was = await rows();
    const keyId = (await keyring()).key_id.toString('hex');
    vault.rotateKey('byok');
    expect(await cli(['rewrap'], given)).toMatchObject({
      code: 0,
      stdout: `The root of the key ${keyId} was wrapped anew by vault-transit:transit/byok. No stored key was touched.\n`,
    });
    expect((await keyring()).wrapped_root.toString()).toMatch(/^vault:v2:/);

    const other = { ...given, KEYS: 'newer byok' };
    expect((await checksOf(other)).root).toEqual(['warn', expect.stringContaining('newer stands before it')]);
    expect(await cliJson(['rewrap'], other)).toMatchObject({
      code: 0,
      json: {
        wrapper: 'vault-transit:transit/newer',
        rewrapped: 1,
        roots: [{ keyId, wrappedBefore: 'vault-transit:transit/byok' }],
      },
    });
    const secret = { ...given, BYOK_SECRET_MODULE: '' };
    expect(await cli(['rewrap'], secret)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing is wrapped'),
    });
    expect(await rows()).toEqual(was);
    given.KEYS = 'newer';
  });

  it('says what to do where the service is away or refuses, and changes nothing', async () => {
    const tables = () =>
      Promise.all(['user_api_keys', 'byok_keyring'].map((name) => database.query(`SELECT t::text FROM ${name} t`)));
    const was = await tables();
    vault.sealed = true;
    const away = await checksOf();
    expect([away.kms, away.root]).toEqual([
      ['fail', 'vault-transit:transit/newer: Vault is away or sealed.'],
      ['fail', 'vault-transit:transit/newer: Vault cannot decrypt now: it is sealed or down.'],
    ]);
    const commands = [['rotate', '--verify'], ['rewrap']];
    for (const { code, stderr } of await Promise.all(commands.map((args) => cli(args, given)))) {
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^nestjs-byok: vault-transit:.*sealed or down\.\n.*docs\/kms\.md of the package\.\n$/,
        ),
      });
    }
    vault.sealed = false;
    const refused = await checksOf({ VAULT_TOKEN: 'another-token-of-a-test' });
    expect([refused.kms[0], refused.root]).toEqual([
      'ok',
      ['fail', expect.stringMatching(/refused to decrypt \(status 403\)/)],
    ]);
    expect(await tables()).toEqual(was);
  });
});
