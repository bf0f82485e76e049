import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  InvalidInputError,
  InvalidKeyError,
  KeyLimitError,
  type ProviderConfig,
  type SetKeyOptions,
} from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'test-key-alice-0123456789';
const ALICE = { userId: 'alice' };
const MINUTE = 60_000;

const PROVIDERS: Record<string, ProviderConfig> = {
  openai: {},
  prefixed: { name: 'The Prefixed', keyPrefix: 'pre-' },
  strict: { name: 'The Strict', keyPrefix: ['pre-', 'new-'], strict: true },
  patterned: { keyPattern: /^[a-z]{10}$/gy },
  azure: {
    fields: {
      endpoint: { type: 'url', required: true },
      region: { label: 'Region' },
    },
  },
};

describe('What can be stored', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let closed: ByokApp;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({ db: database.url, providers: PROVIDERS, maxKeysPerUser: 200 });
    closed = await startByok({
      db: database.url,
      providers: PROVIDERS,
      allowUnknownProviders: false,
      defaultTtl: 5 * MINUTE,
      maxKeysPerUser: 2,
    });
  });
  afterAll(async () => {
    await app.close();
    await closed.close();
    await database.drop();
  });

  const set = (provider: string, key: unknown = KEY, options: object = {}) =>
    app.byok.setKey(ALICE, provider, key as string, options);

  it.each([
    '',
    'OpenAI',
    '-a',
    '.a',
    'a b',
    'a/b',
    'ä',
    'x'.repeat(65),
    'constructor',
    'prototype',
    'valueof',
    '__proto__',
    7,
    null,
  ])('is nothing of a provider called %j', async (provider) => {
    if (provider === 'valueof') return expect((await set('valueof')).provider).toBe('valueof');
    await expect(set(provider as string)).rejects.toThrow(InvalidInputError);
    await expect(app.byok.getKey(ALICE, provider as string)).rejects.toThrow("A provider's name is");
    await expect(app.byok.deleteKey(ALICE, provider as string)).rejects.toThrow(InvalidInputError);
    return expect(app.byok.hasKey(ALICE, provider as string)).rejects.toThrow(InvalidInputError);
  });

  it.each(['a', '0', 'open-router', 'a.b_c-d', 'x'.repeat(64)])(
    'is a key of a provider called %j',
    async (provider) => {
      expect((await set(provider)).provider).toBe(provider);
    },
  );

  it.each([[7], [null], [{}], [undefined]])('is no key such as %j', async (key) => {
    const failed = app.byok.setKey(ALICE, 'openai', key as never);
    await expect(failed).rejects.toThrow(InvalidInputError);
    await expect(failed).rejects.toThrow('An API key must be a string.');
  });

  it.each(['', ' a', 'a ', 'a\nb', 'x'.repeat(65), '\ud800', 7, null, {}])(
    'is nothing under the label %j',
    async (label) => {
      await expect(set('openai', KEY, { label })).rejects.toThrow('A label is 1 to 64 characters');
    },
  );

  it("keeps to a provider's prefix and pattern", async () => {
    const wrong = set('strict');
    await expect(wrong).rejects.toThrow(InvalidKeyError);
    await expect(wrong).rejects.toThrow('A key for The Strict starts with pre- or new-.');
    for (const prefix of ['pre-', 'new-']) expect((await set('strict', `${prefix}${KEY}`)).warnings).toEqual([]);
    expect((await set('prefixed', `pre-${KEY}`)).warnings).toEqual([]);
    expect((await set('prefixed')).warnings).toEqual(['prefix']);
    expect(await app.byok.getKey(ALICE, 'prefixed')).toBe(KEY);
    for (let i = 0; i < 3; i++) expect((await set('patterned', 'abcdefghij')).status).toBe('active');
    await expect(set('patterned', 'abcdefghijk')).rejects.toThrow(InvalidKeyError);
    await expect(set('patterned', 'ABCDEFGHIJ')).rejects.not.toThrow(/ABCDEFGHIJ/);
  });

  it('is nothing where the key is its own label or provider too', async () => {
    const key = 'a-key-in-small-letters-1f9c';
    for (const [provider, label] of [
      ['openai', key],
      ['openai', `my ${key}`],
      [key, 'default'],
    ]) {
      await expect(set(provider, key, { label })).rejects.toThrow('The key stands where a name belongs.');
    }
  });

  it.each<[string, string, object, RegExp]>([
    ['one that is needed is missing', 'azure', {}, /The field endpoint is needed/],
    ['one that is needed is empty', 'azure', { endpoint: '' }, /https address/],
    ['one is not declared', 'azure', { endpoint: 'https://example.com', other: 'x' }, /it has endpoint, region/],
    ['an address is not https', 'azure', { endpoint: 'http://example.com' }, /https address/],
    ['an address is none', 'azure', { endpoint: 'example' }, /https address/],
    ['one is no text', 'openai', { region: 7 }, /must be a string/],
    ['one is too long', 'openai', { region: 'x'.repeat(8193) }, /at most 8192 characters/],
    ['one has several lines', 'openai', { region: 'a\nb' }, /must be one line/],
    ['a name is none', 'openai', { 'a b': 'x' }, /field's name/],
    ['a name is of every object', 'openai', { constructor: 'x' }, /field's name/],
    [
      'there are too many',
      'openai',
      Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}`, 'x'])),
      /At most 20/,
    ],
    ['they are an array', 'openai', ['x'], /object of strings/],
    ['they are a text', 'openai', 'x' as unknown as object, /object of strings/],
  ])('are no fields where %s', async (_, provider, fields, message) => {
    const failed = set(provider, KEY, { fields });
    await expect(failed).rejects.toThrow(InvalidInputError);
    await expect(failed).rejects.toThrow(message);
  });

  it("are a provider's fields, or any where it declares none", async () => {
    const declared = { endpoint: 'https://example.com/openai', region: 'eu' };
    expect((await set('azure', KEY, { fields: declared })).fieldNames).toEqual(['endpoint', 'region']);
    expect((await app.byok.resolveKey(ALICE, 'azure'))?.fields).toEqual(declared);
    const any = JSON.parse('{"anything":"goes","toJSON2":"x"}') as Record<string, string>;
    await set('openai', KEY, { fields: any });
    expect((await app.byok.resolveKey(ALICE, 'openai'))?.fields).toEqual(any);
    const row = await database.query(`SELECT * FROM user_api_keys WHERE provider = 'azure'`);
    expect(JSON.stringify(row)).not.toContain('example.com');
  });

  it('expires after a ttl, at a moment, by default or never', async () => {
    const begun = Date.now();
    const after = async (options: SetKeyOptions, { byok } = app) => {
      const { expiresAt } = await byok.setKey(ALICE, 'openai', KEY, options);
      return expiresAt && Math.round((expiresAt.getTime() - begun) / MINUTE);
    };
    expect(await after({})).toBeNull();
    expect(await after({ ttl: 10 * MINUTE })).toBe(10);
    const moment = new Date(begun + 20 * MINUTE);
    expect((await app.byok.setKey(ALICE, 'openai', KEY, { expiresAt: moment })).expiresAt).toEqual(moment);
    expect((await app.byok.resolveKey(ALICE, 'openai'))?.expiresAt).toEqual(moment);
    // What other platforms have for the end of time.
    const last = new Date('9999-12-31T23:59:59.999Z');
    expect((await app.byok.setKey(ALICE, 'openai', KEY, { expiresAt: last })).expiresAt).toEqual(last);
    expect((await app.byok.resolveKey(ALICE, 'openai'))?.expiresAt).toEqual(last);
    expect(await after({}, closed)).toBe(5);
    expect(await after({ ttl: null }, closed)).toBeNull();
    expect(await after({ ttl: MINUTE }, closed)).toBe(1);
    expect((await app.byok.setKey(ALICE, 'openai', KEY, { ttl: 1_000.5 })).expiresAt?.getMilliseconds()).toEqual(
      expect.any(Number),
    );
    expect(await app.byok.getKey(ALICE, 'openai')).toBe(KEY);
  });

  it.each<[string, object]>([
    ['a ttl of 0', { ttl: 0 }],
    ['a negative ttl', { ttl: -1 }],
    ['a ttl that is no number', { ttl: '1000' }],
    ['NaN', { ttl: NaN }],
    ['an endless ttl', { ttl: Infinity }],
    ['a moment that is past', { expiresAt: new Date(Date.now() - 1) }],
    ['a moment that is none', { expiresAt: new Date('never') }],
    ['a moment that is no date', { expiresAt: '2999-01-01' }],
    ['a moment after the year 9999', { expiresAt: new Date(Date.UTC(10000, 0, 1)) }],
    ['both', { ttl: 1000, expiresAt: new Date(Date.now() + 1000) }],
  ])('does not expire by %s', async (_, options) => {
    await expect(set('openai', KEY, options)).rejects.toThrow(InvalidInputError);
  });

  it('is only what the application offers, where it says so; deleting goes all the same', async () => {
    await set('elsewhere');
    await expect(closed.byok.setKey(ALICE, 'elsewhere', KEY)).rejects.toThrow('This provider is not offered here.');
    await expect(closed.byok.getKey(ALICE, 'elsewhere')).rejects.toThrow(InvalidInputError);
    expect(await closed.byok.deleteKey(ALICE, 'elsewhere')).toBe(true);
  });

  it('is not more than maxKeysPerUser', async () => {
    const { byok } = closed;
    const bob = { userId: 'bob' };
    const labels = Array.from({ length: 20 }, (_, i) => `n${i}`);
    const writes = await Promise.allSettled(labels.map((label) => byok.setKey(bob, 'openai', KEY, { label })));
    const refused = writes.flatMap((write) => (write.status === 'rejected' ? [write.reason as Error] : []));
    expect(refused).toHaveLength(18);
    for (const reason of refused) expect(reason).toBeInstanceOf(KeyLimitError);
    expect(refused[0].message).toBe('At most 2 keys can be stored. Delete one you no longer need and try again.');
    const [{ label }] = await byok.listKeys(bob);
    expect((await byok.setKey(bob, 'openai', KEY, { label })).status).toBe('active');
    expect(await byok.listKeys(bob)).toHaveLength(2);
  });
});
