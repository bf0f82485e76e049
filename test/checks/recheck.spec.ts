import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByokModuleOptions, EncryptionService } from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { type CheckStandIn, startCheckStandIn } from '../support/check-stand-in.js';
import { cli, cliJson } from '../support/cli.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

const keyOf = (name: string) => `an-example-key-of-${name}-1f9c`;

describe('Stored keys are checked again', () => {
  let database: TestDatabase;
  let provider: CheckStandIn;
  let apps: EdgeApp[];

  beforeEach(async () => {
    apps = [];
    [database, provider] = await Promise.all([createDatabase(), startCheckStandIn()]);
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await provider.close();
    await database.drop();
  });

  async function start(options: Partial<ByokModuleOptions> = {}): Promise<EdgeApp> {
    const app = await startEdge({ options: { db: database.url, providers: { acme: provider.config }, ...options } });
    apps.push(app);
    return app;
  }
  const outcomes = async () =>
    (
      await database.query(
        `SELECT owner_id || '/' || provider || ' ' || coalesce(check_outcome, '-') AS text FROM user_api_keys ORDER BY 1`,
      )
    ).map(({ text }) => text as string);
  const age = (minutes: number) =>
    database.query(`UPDATE user_api_keys SET updated_at = updated_at - interval '1 hour',
      checked_at = now() - interval '${minutes} minutes'`);

  it('by schedule: what was not checked for that long, in several instances and by page', async () => {
    const first = await start();
    for (const userId of ['a', 'b', 'c']) await first.byok.setKey({ userId }, 'acme', keyOf(userId));
    await first.byok.setKey({ userId: 'a' }, 'other', keyOf('other'));
    await first.byok.setKey({ userId: 'gone' }, 'acme', keyOf('gone'), { expiresAt: new Date(Date.now() + 3_600_000) });
    await database.query(`UPDATE user_api_keys SET expires_at = now() WHERE owner_id = 'gone'`);
    // Pages are longer than a handful of keys: these stand before and between them.
    await database.query(
      `INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint)
       SELECT owner_kind, 'a' || n, 'other', label, key_id, ciphertext, hint, fingerprint
       FROM user_api_keys, generate_series(1, 2500) n WHERE owner_id = 'a' AND provider = 'other'`,
    );
    provider.answer(keyOf('b'), 401);
    provider.answer(keyOf('c'), 500);
    await start({ recheck: { every: 40, perSecond: 100 } });
    await start({ recheck: { every: 40, perSecond: 100 } });
    await until(async () => (await outcomes()).filter((text) => !text.endsWith('-')).length === 3);
    expect((await outcomes()).filter((text) => text.includes('acme'))).toEqual([
      'a/acme accepted',
      'b/acme refused',
      'c/acme unknown',
      'gone/acme -',
    ]);
    expect(new Set(provider.asked)).toEqual(new Set(['a', 'b', 'c'].map(keyOf)));
  });

  it('in the background, if a refused key is in use, once in ten minutes', async () => {
    const app = await start();
    const holder = { userId: 'alice' };
    await app.byok.setKey(holder, 'acme', keyOf('alice'));
    provider.answer(keyOf('alice'), 401);
    expect((await app.byok.checkKey(holder, 'acme')).lastCheck?.outcome).toBe('refused');
    provider.answer(keyOf('alice'), 200);
    // Checked a moment ago.
    expect(await app.byok.getKey(holder, 'acme')).toBe(keyOf('alice'));
    await age(11);
    // Another instance, which remembers nothing of it.
    const other = await start();
    expect(await other.byok.getKey(holder, 'acme')).toBe(keyOf('alice'));
    await until(async () => (await outcomes())[0] === 'alice/acme accepted');
    await database.query(`UPDATE user_api_keys SET check_outcome = 'refused', checked_at = now() - interval '1 hour'`);
    for (let i = 0; i < 5; i++) await other.byok.getKey(holder, 'acme');
    expect([await outcomes(), provider.asked.length]).toEqual([['alice/acme refused'], 2]);
  });

  it('by the command line, with the providers of a module', async () => {
    const app = await start();
    for (const userId of ['a', 'b', 'c']) await app.byok.setKey({ userId }, 'acme', keyOf(userId));
    provider.answer(keyOf('b'), 401, { reason: 'revoked' });
    provider.answer(keyOf('c'), 500);
    const folder = await mkdtemp(join(tmpdir(), 'byok-check-'));
    try {
      const module = join(folder, 'providers.mjs');
      const check = `async ({ apiKey, fetch }) => {
        const { status } = await fetch('${provider.url}', { headers: { authorization: 'Bearer ' + apiKey } });
        return status === 200 ? { outcome: 'accepted' } : status === 401 ? { outcome: 'refused', reason: 'revoked' } : { outcome: 'unknown', reason: 'unreadable' };
      }`;
      await writeFile(module, `export default { acme: { baseUrl: '${provider.url}', check: ${check} } };`);
      const env = { DATABASE_URL: database.url, BYOK_SECRET: SECRET };
      const args = ['check', '--providers-module', module, '--per-second', '100'];
      const all = await cli(args, env);
      expect(all).toMatchObject({
        code: 2,
        stdout: 'Checked 3 stored keys: 1 accepted, 1 refused, 1 unknown, 0 could not be opened.\n',
        stderr: expect.stringContaining('acme, label default, of the user b: refused (revoked).'),
      });
      expect(await outcomes()).toEqual(['a/acme accepted', 'b/acme refused', 'c/acme unknown']);
      expect(await cliJson([...args, '--user', 'a'], env)).toMatchObject({
        code: 0,
        json: { checked: 1, accepted: 1, concerns: [] },
      });
      expect((await cliJson([...args, '--provider', 'other'], env)).json).toMatchObject({ checked: 0 });
      const strange = await cliJson([...args, '--user', 'a'], {
        ...env,
        BYOK_SECRET: EncryptionService.generateSecret(),
      });
      expect(strange).toMatchObject({ code: 2, json: { unreadable: 1, concerns: [{ userId: 'a', reason: null }] } });
      const wrong = await cli(['check', '--providers-module', join(folder, 'none.mjs')], env);
      expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('The module of providers')]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
