import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ByokEvent,
  ConfigurationError,
  type ImportKeysOptions,
  InvalidInputError,
  type KeyToImport,
} from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const keyOf = (name: string) => `an-example-key-of-${name}-1f9c`;
const item = (userId: string, more: Partial<KeyToImport> = {}): KeyToImport => ({
  userId,
  provider: 'openai',
  apiKey: keyOf(userId),
  ...more,
});
let next = 0;
const someone = () => `user-${next++}`;
const NOTHING = { stored: 0, replaced: 0, skipped: 0, refused: [] };

describe('byok.importKeys', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let events: ByokEvent[];
  const strange = (items: unknown[], options?: ImportKeysOptions) =>
    app.byok.importKeys(items as KeyToImport[], options);
  const rows = (userId: string) =>
    database.query('SELECT * FROM user_api_keys WHERE owner_id = $1 ORDER BY provider, label', [userId]);

  beforeAll(async () => {
    database = await createDatabase();
    events = [];
    app = await startByok({
      db: database.url,
      audit: true,
      maxKeysPerUser: 5,
      onEvent: (event) => void events.push(event),
      providers: {
        anthropic: { keyPrefix: 'sk-ant-' },
        strict: { keyPrefix: 'st-', strict: true },
        acme: { fields: { endpoint: { type: 'url', label: 'Endpoint' }, region: { label: 'Region', required: true } } },
        vertex: { keyFormat: 'json' },
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('stores keys of many users, from an array, a generator and an async one', async () => {
    const [a, b, c] = [someone(), someone(), someone()];
    expect(await app.byok.importKeys([item(a), item(b)])).toEqual({ ...NOTHING, stored: 2 });
    expect(
      await app.byok.importKeys(
        (function* () {
          yield item(c);
          yield item(a, { label: 'work', apiKey: keyOf('work') });
        })(),
      ),
    ).toEqual({ ...NOTHING, stored: 2 });
    const later = (async function* () {
      yield item(c, { provider: 'other', apiKey: keyOf('other') });
    })();
    expect(await app.byok.importKeys(later)).toEqual({ ...NOTHING, stored: 1 });
    const found = await Promise.all([
      app.byok.getKey({ userId: a }, 'openai'),
      app.byok.getKey({ userId: a }, 'openai', { label: 'work' }),
      app.byok.getKey({ userId: c }, 'other'),
    ]);
    expect(found).toEqual([keyOf(a), keyOf('work'), keyOf('other')]);
    expect(await app.byok.importKeys([])).toEqual(NOTHING);
  });

  it('gives what setKey gives: the record, the event and the entry of the audit log', async () => {
    const [set, imported] = [someone(), someone()];
    const fields = { region: 'north' };
    const expiresAt = new Date(Date.now() + 3_600_000);
    const apiKey = keyOf('both');
    await app.byok.setKey({ userId: set }, 'acme', ` "${apiKey}" `, { fields, expiresAt });
    await app.byok.importKeys([{ userId: imported, provider: 'acme', apiKey: ` "${apiKey}" `, fields, expiresAt }]);
    const [[one], [other]] = [await app.byok.listKeys({ userId: set }), await app.byok.listKeys({ userId: imported })];
    const { createdAt, updatedAt } = other;
    expect({ ...other, createdAt: one.createdAt, updatedAt: one.updatedAt }).toEqual(one);
    expect(createdAt).toEqual(updatedAt);
    const resolved = await app.byok.resolveKey({ userId: imported }, 'acme');
    expect([resolved?.apiKey, resolved?.fields, resolved?.expiresAt]).toEqual([apiKey, fields, expiresAt]);
    const [told, toldToo] = [set, imported].map((id) =>
      events.filter(({ owner, type }) => owner.id === id && type === 'stored'),
    );
    expect(toldToo).toEqual([{ ...told[0], at: expect.any(Date), owner: { kind: 'user', id: imported } }]);
    const trail = await app.byok.auditTrail({ userId: imported });
    expect(trail.map(({ action }) => action)).toEqual(['used', 'stored']);
    const [row, sameRow] = [(await rows(set))[0], (await rows(imported))[0]];
    expect(sameRow.ciphertext.equals(row.ciphertext)).toBe(false);
    expect(sameRow.ciphertext).toHaveLength(row.ciphertext.length);
  });

  it('refuses what setKey refuses, with the reason and without the values, and takes the others', async () => {
    const user = someone();
    const secret = 'sk-ant-example-of-a-key-1f9c';
    const items = [
      item(user, { apiKey: secret }),
      item(user, { apiKey: 'short' }),
      item(user, { apiKey: 'sk-…1234' }),
      item(user, { provider: 'strict', apiKey: keyOf('strict') }),
      item(user, { provider: 'Not a name' }),
      item(user, { label: ' x ' }),
      item(user, { label: `my ${keyOf(user)}` }),
      item(user, { provider: 'acme' }),
      item(user, { provider: 'acme', fields: { region: 'x', endpoint: 'http://169.254.169.254/secret-path' } }),
      item(user, { provider: 'vertex', apiKey: 'not-a-document-1f9c' }),
      item(user, { expiresAt: new Date(Date.now() - 1) }),
      item(user, { expiresAt: '2030-01-01' as never }),
      item(user, { createdAt: new Date(Date.now() + 60_000) }),
      item(user, { createdAt: new Date(NaN) }),
      item(user, { fields: { 'a-secret-value-1f9c': 1 } as never }),
      item(user, { provider: 'fine' }),
    ];
    const { refused, ...counts } = await app.byok.importKeys(items);
    expect(counts).toEqual({ stored: 1, replaced: 0, skipped: 0 });
    expect(refused.map(({ index }) => index)).toEqual(items.slice(0, -1).map((_, i) => i));
    const reasons = refused.map(({ reason }) => reason);
    expect(reasons[0]).toContain('This is a key for anthropic and not for openai');
    expect(reasons[1]).toContain('A key has at least 8 characters');
    expect(reasons[3]).toContain('starts with st-');
    expect(reasons[7]).toContain('The field region is needed');
    expect(reasons[10]).toContain('must be in the future');
    expect(reasons[14]).toBe('The item is not valid.');
    for (const hidden of [secret, keyOf(user), 'not-a-document', 'secret-path', 'a-secret-value', 'sk-…1234']) {
      expect(reasons.join()).not.toContain(hidden);
    }
    for (const [i, given] of items.slice(0, 12).entries()) {
      const { userId, provider, apiKey, ...options } = given;
      const error = await app.byok.setKey({ userId }, provider, apiKey, options as object).then(
        () => undefined,
        (e: Error) => e,
      );
      expect([i, error?.message]).toEqual([i, reasons[i]]);
    }
    expect((await rows(user)).map(({ provider }) => provider)).toEqual(['fine']);
  });

  it('refuses what is not an item, and users that are not users', async () => {
    const hostile = {
      userId: 'x',
      provider: 'openai',
      get apiKey(): string {
        throw new Error(keyOf('getter'));
      },
    };
    const odd = [null, undefined, 7, 'text', [], {}, hostile, new Map()];
    const ids: unknown[] = [
      '',
      ' a',
      'null',
      'undefined',
      NaN,
      0,
      1.5,
      true,
      {},
      [],
      Symbol('a'),
      null,
      undefined,
      'x'.repeat(256),
    ];
    const { refused, stored } = await strange([
      ...odd,
      ...ids.map((userId) => ({ userId, provider: 'openai', apiKey: keyOf('odd') })),
    ]);
    expect([stored, refused.length]).toEqual([0, odd.length + ids.length]);
    expect(refused[1].reason).toBe('An item must be an object { userId, provider, apiKey }.');
    expect(refused[6].reason).toBe('The item could not be read.');
    expect(refused.at(-2)!.reason).toBe('userId is missing.');
    const id = 900_000 + next++;
    const hex = { toHexString: () => '5f43a1b2c3d4e5f60718293a' };
    expect(
      await strange([id, BigInt(id) + 1n, hex].map((userId) => item(userId as never, { apiKey: keyOf('n') }))),
    ).toEqual({
      ...NOTHING,
      stored: 3,
    });
    expect(await app.byok.getKey({ userId: String(id) }, 'openai')).toBe(keyOf('n'));
    expect(await app.byok.getKey({ userId: '5f43a1b2c3d4e5f60718293a' }, 'openai')).toBe(keyOf('n'));
  });

  it('refuses other sources and options', async () => {
    for (const source of [undefined, null, 7, {}, 'a text']) {
      await expect(app.byok.importKeys(source as never)).rejects.toThrow(InvalidInputError);
    }
    await expect(app.byok.importKeys([], { onConflict: 'fail' as never })).rejects.toThrow("'skip' or 'replace'");
    const session = await startByok({ storage: 'session' });
    await expect(session.byok.importKeys([item('a')])).rejects.toThrow(ConfigurationError);
    await session.close();
  });

  it('keeps createdAt, and takes null for what a table has no value for', async () => {
    const user = someone();
    const createdAt = new Date('2021-03-04T05:06:07.089Z');
    const nulls = { label: null, fields: null, expiresAt: null };
    expect(await app.byok.importKeys([item(user, { createdAt, ...nulls })])).toEqual({ ...NOTHING, stored: 1 });
    const [key] = await app.byok.listKeys({ userId: user });
    expect(key).toMatchObject({ createdAt, label: 'default', expiresAt: null, lastUsedAt: null });
    expect(key.updatedAt.getTime()).toBeGreaterThan(Date.now() - 600_000);
    // Replaced: what the item says, else as it was.
    await app.byok.importKeys([item(user, { apiKey: keyOf('second') })], { onConflict: 'replace' });
    expect((await app.byok.listKeys({ userId: user }))[0].createdAt).toEqual(createdAt);
    const earlier = new Date('2020-01-01T00:00:00.000Z');
    await app.byok.importKeys([item(user, { createdAt: earlier })], { onConflict: 'replace' });
    expect((await app.byok.listKeys({ userId: user }))[0].createdAt).toEqual(earlier);
  });

  it('skips or replaces what is stored, and can be repeated', async () => {
    const [a, b] = [someone(), someone()];
    await app.byok.setKey({ userId: a }, 'openai', keyOf('own'));
    const items = [item(a), item(b)];
    expect(await app.byok.importKeys(items)).toEqual({ ...NOTHING, stored: 1, skipped: 1 });
    expect(await app.byok.importKeys(items, { onConflict: 'skip' })).toEqual({ ...NOTHING, skipped: 2 });
    expect(await app.byok.getKey({ userId: a }, 'openai')).toBe(keyOf('own'));
    const [before] = await app.byok.listKeys({ userId: a });
    await database.query(
      `UPDATE user_api_keys SET check_outcome = 'refused', checked_at = now(), last_used_at = now(), expiring_noticed_at = now()
       WHERE owner_id = $1`,
      [a],
    );
    expect(await app.byok.importKeys(items, { onConflict: 'replace' })).toEqual({ ...NOTHING, replaced: 2 });
    expect(await app.byok.getKey({ userId: a }, 'openai')).toBe(keyOf(a));
    const [after] = await rows(a);
    expect(after).toMatchObject({ check_outcome: null, checked_at: null, expiring_noticed_at: null });
    expect(after.updated_at.getTime()).toBeGreaterThan(before.updatedAt.getTime());
    expect(events.filter(({ owner, type }) => owner.id === b && type !== 'used').map(({ type }) => type)).toEqual([
      'stored',
      'replaced',
    ]);
  });

  it('takes the slot of an expired key as a new one', async () => {
    const user = someone();
    for (const [provider, onConflict] of [
      ['one', 'skip'],
      ['two', 'replace'],
    ] as const) {
      await app.byok.setKey({ userId: user }, provider, keyOf('old'));
      await app.byok.setKey({ userId: user }, provider, keyOf('other'), { label: 'other' });
      await app.byok.setDefaultKey({ userId: user }, provider, 'default');
      await database.query(
        `UPDATE user_api_keys SET expires_at = now(), created_at = '2020-01-01' WHERE owner_id = $1 AND label = 'default'`,
        [user],
      );
      const { refused, skipped } = await app.byok.importKeys([item(user, { provider })], { onConflict });
      expect({ refused, skipped }).toEqual({ refused: [], skipped: 0 });
      expect(await app.byok.getKey({ userId: user }, provider, { label: 'default' })).toBe(keyOf(user));
      // It does not become the default key again.
      expect(await app.byok.getKey({ userId: user }, provider)).toBe(keyOf('other'));
      expect((await rows(user)).find((row) => row.label === 'default').created_at.getFullYear()).not.toBe(2020);
      await app.byok.clearKeys({ userId: user });
    }
  });

  it('in order where a key comes twice', async () => {
    const [a, b] = [someone(), someone()];
    const twice = [item(a), item(b), item(a, { apiKey: keyOf('second') })];
    expect(await app.byok.importKeys(twice)).toEqual({ ...NOTHING, stored: 2, skipped: 1 });
    expect(await app.byok.getKey({ userId: a }, 'openai')).toBe(keyOf(a));
    expect(await app.byok.importKeys(twice, { onConflict: 'replace' })).toEqual({ ...NOTHING, replaced: 3 });
    expect(await app.byok.getKey({ userId: a }, 'openai')).toBe(keyOf('second'));
  });

  it('never changes the default key; without one, the first that comes is it', async () => {
    const [a, b, c] = [someone(), someone(), someone()];
    const old = { createdAt: new Date('2019-01-01') };
    await app.byok.setKey({ userId: a }, 'openai', keyOf('work'), { label: 'work' });
    await app.byok.importKeys([
      item(a, old),
      item(b, { label: 'work', apiKey: keyOf('work') }),
      item(b, { label: 'home', apiKey: keyOf('home'), ...old }),
      item(b),
      item(c, { label: 'work', apiKey: keyOf('work') }),
    ]);
    // Of another batch, as after a break.
    await app.byok.importKeys([item(c, old)]);
    for (const userId of [a, b, c]) {
      expect((await app.byok.resolveKey({ userId }, 'openai'))?.label).toBe('work');
      expect((await app.byok.listKeys({ userId })).filter(({ isDefault }) => isDefault)).toHaveLength(1);
    }
    // What writes nothing chooses nothing.
    const d = someone();
    await app.byok.importKeys([item(d)]);
    await app.byok.importKeys([item(d)]);
    expect((await rows(d))[0].preferred_at).toBeNull();
  });

  it('keeps to maxKeysPerUser, which replaced and expired keys do not add to', async () => {
    const user = someone();
    const labels = ['1', '2', '3', '4', '5', '6', '7'];
    const items = labels.map((label) => item(user, { label, apiKey: keyOf(label) }));
    const limit = { reason: 'The user has as many keys as maxKeysPerUser allows (5).' };
    const full = await app.byok.importKeys([item('before'), ...items, item('after')]);
    expect(full).toEqual({
      ...NOTHING,
      stored: 7,
      refused: [
        { index: 6, ...limit },
        { index: 7, ...limit },
      ],
    });
    expect(await app.byok.importKeys(items, { onConflict: 'replace' })).toMatchObject({ stored: 0, replaced: 5 });
    await database.query(`UPDATE user_api_keys SET expires_at = now() WHERE owner_id = $1 AND label = '1'`, [user]);
    expect(await app.byok.importKeys(items)).toMatchObject({
      stored: 1,
      skipped: 4,
      refused: [{ index: 5 }, { index: 6 }],
    });
    expect(await rows(user)).toHaveLength(5);
  });

  it('writes nothing in a dry run, which counts the same', async () => {
    const [a, b, full] = [someone(), someone(), someone()];
    await app.byok.setKey({ userId: a }, 'openai', keyOf('own'));
    const items = [
      item(a),
      item(b),
      item(b, { apiKey: 'short' }),
      ...Array.from({ length: 6 }, (_, i) => item(full, { label: `${i}`, apiKey: keyOf(`${i}`) })),
    ];
    const before = await database.query('SELECT count(*), max(updated_at), max(preferred_at) FROM user_api_keys');
    const told = events.length;
    for (const onConflict of ['skip', 'replace'] as const) {
      const dry = await app.byok.importKeys(items, { onConflict, dryRun: true });
      expect(dry).toMatchObject({ stored: 6, refused: [{ index: 2 }, { index: 8 }] });
      expect(onConflict === 'skip' ? dry.skipped : dry.replaced).toBe(1);
    }
    expect(await database.query('SELECT count(*), max(updated_at), max(preferred_at) FROM user_api_keys')).toEqual(
      before,
    );
    expect(events).toHaveLength(told);
    const { stored, refused } = await app.byok.importKeys(items);
    expect({ stored, refused: refused.length }).toEqual({ stored: 6, refused: 2 });
  });
});
