import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ConfigurationError, EncryptionError, EncryptionService } from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { cli, cliJson } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'test-key-alice-0123456789';
const [ALICE, BOB] = [{ userId: 'alice' }, { userId: 'bob' }];

describe('Root secrets and the rows of the database', () => {
  let database: TestDatabase;
  let apps: ByokApp[];
  let first: string;
  let second: string;

  beforeEach(async () => {
    database = await createDatabase();
    apps = [];
    first = EncryptionService.generateSecret();
    second = EncryptionService.generateSecret();
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(secret: string | string[]): Promise<ByokApp> {
    const app = await startByok({ secret, db: database.url });
    apps.push(app);
    return app;
  }

  /** A digest of everything that stands in the database. */
  async function hash(): Promise<string> {
    const digest = createHash('sha256');
    const tables = await database.query(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    for (const { name } of tables) {
      const rows = await database.query(`SELECT t::text AS row FROM "${name}" t ORDER BY 1`);
      digest.update(JSON.stringify([name, rows]));
    }
    return digest.digest('hex');
  }

  const keyring = async () =>
    (await database.query('SELECT key_id FROM byok_keyring ORDER BY created_at')).map(({ key_id }) =>
      (key_id as Buffer).toString('hex'),
    );
  const idOf = (secret: string) => new EncryptionService(secret).keyId.toString('hex');

  it('refuse a start with a wrong secret, and change nothing', async () => {
    const { byok } = await start(first);
    await byok.setKey(ALICE, 'openai', KEY);
    const before = await hash();

    const failed = start(second);
    await expect(failed).rejects.toThrow(ConfigurationError);
    await expect(failed).rejects.toThrow(`sealed with a secret that is not given (key id ${idOf(first)})`);
    await expect(failed).rejects.toThrow(
      /Add that secret to the array 'secret', behind the new one. Nothing was changed/,
    );
    expect(await hash()).toBe(before);

    // The right one does start, and a change would have shown.
    const again = await start(first);
    expect(await again.byok.getKey(ALICE, 'openai')).toBe(KEY);
    expect(await hash()).toBe(before);
    await again.byok.setKey(ALICE, 'openai', KEY);
    expect(await hash()).not.toBe(before);
  });

  it('let a start with a new secret be where nothing is stored yet', async () => {
    await start(first);
    await start(second);
    expect(await keyring()).toEqual([idOf(first), idOf(second)]);
  });

  it('refuse a start where the keyring has something else under the id of the secret', async () => {
    await (await start(first)).byok.setKey(ALICE, 'openai', KEY);
    await database.query('UPDATE byok_keyring SET canary = $1', [Buffer.alloc(154)]);
    const before = await hash();
    await expect(start(first)).rejects.toThrow(ConfigurationError);
    expect(await hash()).toBe(before);
  });

  it('are told apart from a record of the keyring that was changed, at the start and on the command line', async () => {
    const { byok, close } = await startByok({ secret: first, db: database.url });
    await byok.setKey(ALICE, 'openai', KEY);
    await close();
    await database.query('UPDATE byok_keyring SET canary = set_byte(canary, 100, 255 - get_byte(canary, 100))');
    const restore = 'Restore the row of byok_keyring from a backup.';
    await expect(start(first)).rejects.toThrow(`the key ${idOf(first)} does not open with its secret`);
    await expect(start(first)).rejects.toThrow(restore);
    await expect(start(second)).rejects.toThrow('Add that secret');
    const given = { DATABASE_URL: database.url, BYOK_SECRET: first };
    const { json } = await cliJson(['doctor'], given);
    expect(json.checks).toContainEqual(
      expect.objectContaining({ name: 'canary', status: 'fail', advice: expect.stringContaining(restore) }),
    );
    expect(await cli(['rotate'], given)).toMatchObject({ code: 1, stderr: expect.stringContaining(restore) });
    const missing = await cliJson(['doctor'], { ...given, BYOK_SECRET: second });
    expect(missing.json.checks).toContainEqual(
      expect.objectContaining({ name: 'canary', status: 'fail', advice: expect.stringContaining('Add that secret') }),
    );
  });

  it('read with the old secret behind the new one, and seal with the new one', async () => {
    await (await start(first)).byok.setKey(ALICE, 'openai', KEY);
    const { byok } = await start([second, first]);
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    await byok.setKey(BOB, 'openai', KEY);
    const rows = await database.query('SELECT owner_id, encode(key_id, $1) AS id FROM user_api_keys ORDER BY 1', [
      'hex',
    ]);
    expect(rows).toEqual([
      { owner_id: 'alice', id: idOf(first) },
      { owner_id: 'bob', id: idOf(second) },
    ]);
    await byok.setKey(ALICE, 'openai', KEY);
    await start(second);
    await expect(start(first)).rejects.toThrow(`key id ${idOf(second)}`);
  });

  it('refuse a retired secret in front, and never put it back', async () => {
    await start(first);
    await start([second, first]);
    await database.query('DELETE FROM byok_keyring WHERE key_id = $1', [Buffer.from(idOf(first), 'hex')]);
    await database.query('INSERT INTO byok_retired_keys (key_id) VALUES ($1)', [Buffer.from(idOf(first), 'hex')]);
    const before = await hash();

    await expect(start(first)).rejects.toThrow(ConfigurationError);
    await expect(start([first, second])).rejects.toThrow(`The first secret (key id ${idOf(first)}) is retired`);
    expect(await hash()).toBe(before);
    await start([second, first]);
    await start(second);
    expect(await keyring()).toEqual([idOf(second)]);
  });

  it('have the database refuse a late writer whose secret was retired while it ran', async () => {
    const late = await start(first);
    await late.byok.setKey(ALICE, 'openai', KEY);
    const id = Buffer.from(idOf(first), 'hex');
    await expect(database.query('DELETE FROM byok_keyring WHERE key_id = $1', [id])).rejects.toMatchObject({
      code: '23503',
    });
    await late.byok.clearKeys(ALICE);
    await database.query('DELETE FROM byok_keyring WHERE key_id = $1', [id]);
    await expect(late.byok.setKey(ALICE, 'openai', KEY)).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE' });
    expect(await database.query('SELECT 1 FROM user_api_keys')).toEqual([]);
  });

  describe('with a row that cannot be read', () => {
    const breakings: [string, string][] = [
      ['was sealed with an unknown secret', 'SET ciphertext = overlay(ciphertext PLACING $1 FROM 3)'],
      ['has a changed commitment', 'SET ciphertext = overlay(ciphertext PLACING $1 FROM 50)'],
      ['was moved here from another provider', `SET provider = 'openai'`],
      ['has another expiry', `SET expires_at = now() + interval '1 year'`],
      ['was cut off', 'SET ciphertext = substring(ciphertext FROM 1 FOR 30)'],
      ['is empty', `SET ciphertext = ''`],
    ];

    it.each(breakings)('because it %s: it is told as such, stays and can be replaced', async (_, change) => {
      const { byok } = await start(first);
      const provider = change.includes('provider') ? 'elsewhere' : 'openai';
      await byok.setKey(ALICE, provider, KEY);
      await byok.setKey(ALICE, 'anthropic', KEY);
      await byok.setKey(BOB, 'openai', KEY);
      const parameters = change.includes('$1') ? [Buffer.from('0badc0de0badc0de', 'hex')] : [];
      await database.query(
        `UPDATE user_api_keys ${change} WHERE owner_id = 'alice' AND provider = '${provider}'`,
        parameters,
      );
      const [row] = await database.query(
        `SELECT * FROM user_api_keys WHERE owner_id = 'alice' AND provider = 'openai'`,
      );

      expect(await byok.hasKey(ALICE, 'openai')).toBe(true);
      expect((await byok.listKeys(ALICE)).map((key) => [key.provider, key.status])).toEqual([
        ['anthropic', 'active'],
        ['openai', 'unreadable'],
      ]);
      expect(await byok.listProviders(ALICE)).toEqual(['anthropic', 'openai']);
      const failed = byok.getKey(ALICE, 'openai');
      await expect(failed).rejects.toThrow(EncryptionError);
      await expect(failed).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE' });
      await expect(byok.resolveKey(ALICE, ['openai', 'anthropic'])).rejects.toThrow(EncryptionError);
      expect(await byok.getKey(ALICE, 'anthropic')).toBe(KEY);
      expect(await byok.getKey(BOB, 'openai')).toBe(KEY);
      const [after] = await database.query(
        `SELECT * FROM user_api_keys WHERE owner_id = 'alice' AND provider = 'openai'`,
      );
      expect(after).toEqual(row);

      expect((await byok.setKey(ALICE, 'openai', KEY)).status).toBe('active');
      expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    });

    it('it can be deleted', async () => {
      const { byok } = await start(first);
      await byok.setKey(ALICE, 'openai', KEY);
      await database.query(`UPDATE user_api_keys SET ciphertext = '\\x00'`);
      expect(await byok.deleteKey(ALICE, 'openai')).toBe(true);
      expect(await byok.getKey(ALICE, 'openai')).toBeNull();
    });

    it('it stays where only bytes past the header were changed, and is never handed out', async () => {
      const { byok } = await start(first);
      await byok.setKey(ALICE, 'openai', KEY);
      await database.query('UPDATE user_api_keys SET ciphertext = overlay(ciphertext PLACING $1 FROM 95)', [
        Buffer.alloc(8),
      ]);
      await expect(byok.getKey(ALICE, 'openai')).rejects.toThrow(EncryptionError);
      expect(await database.query('SELECT count(*)::int FROM user_api_keys')).toEqual([{ count: 1 }]);
    });
  });
});
