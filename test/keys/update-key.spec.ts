import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ByokEvent,
  EncryptionError,
  EncryptionService,
  InvalidInputError,
  KeyConflictError,
  KeyNotFoundError,
  type ProviderConfig,
} from '../../lib/index.js';
import { type ByokApp, SECRET, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { sleepUntil } from '../support/until.js';

const KEY = 'test-key-alice-0123456789';
const OTHER = 'test-key-other-0123456789';
const HOUR = 3_600_000;
const PROVIDERS: Record<string, ProviderConfig> = {
  azure: {
    fields: {
      endpoint: { type: 'url', visible: true },
      region: { visible: true },
      token: { type: 'password' },
      notes: { type: 'textarea' },
    },
  },
  needy: { fields: { region: { required: true } } },
};
const FIELDS = { endpoint: 'https://a.example.com', region: 'eu', token: 'secret-of-a-field' };

describe('ByokService.updateKey', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let events: ByokEvent[];
  let user: { userId: string };
  let users = 0;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({ db: database.url, providers: PROVIDERS, onEvent: (event) => void events.push(event) });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  beforeEach(() => {
    user = { userId: `user-${users++}` };
    events = [];
  });

  const resolved = async (label?: string) => {
    const key = await app.byok.resolveKey(user, 'azure', { label });
    return key && { label: key.label, apiKey: key.apiKey, fields: { ...key.fields }, expiresAt: key.expiresAt };
  };

  it('replaces the key and keeps the rest', async () => {
    const expiresAt = new Date(Date.now() + HOUR);
    const before = await app.byok.setKey(user, 'azure', KEY, { label: 'work', fields: FIELDS, expiresAt });
    const after = await app.byok.updateKey(user, 'azure', { apiKey: ` "${OTHER}" ` });
    expect(await resolved()).toEqual({ label: 'work', apiKey: OTHER, fields: FIELDS, expiresAt });
    expect(after).toEqual({
      ...before,
      fingerprint: expect.not.stringMatching(before.fingerprint),
      updatedAt: after.updatedAt,
      visibleFields: { endpoint: FIELDS.endpoint, region: 'eu' },
    });
    expect(after.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime());
    expect(await app.byok.listKeys(user)).toEqual([{ ...after, warnings: undefined }]);
    expect(events.map(({ type, label }) => [type, label])).toEqual([
      ['stored', 'work'],
      ['replaced', 'work'],
      ['used', 'work'],
    ]);
  });

  it('changes label, fields and expiry and keeps the key', async () => {
    const before = await app.byok.setKey(user, 'azure', KEY, { fields: FIELDS });
    const changes = { newLabel: 'team', fields: { region: 'us', token: null }, ttl: HOUR };
    const after = await app.byok.updateKey(user, 'azure', changes);
    expect(after).toMatchObject({ label: 'team', isDefault: true, fieldNames: ['endpoint', 'region'] });
    expect(after.fingerprint).toBe(before.fingerprint);
    expect(await resolved('team')).toEqual({
      label: 'team',
      apiKey: KEY,
      fields: { endpoint: FIELDS.endpoint, region: 'us' },
      expiresAt: after.expiresAt,
    });
    expect(await app.byok.hasKey(user, 'azure', { label: 'default' })).toBe(false);
    expect(await app.byok.updateKey(user, 'azure', { expiresAt: null })).toMatchObject({ expiresAt: null });
    expect(events.map(({ type }) => type)).toEqual(['stored', 'updated', 'used', 'updated']);
  });

  it('keeps updatedAt where neither key nor fields change', async () => {
    const before = await app.byok.setKey(user, 'azure', KEY, { fields: FIELDS });
    const renamed = await app.byok.updateKey(user, 'azure', { newLabel: 'work', ttl: HOUR, fields: { region: 'eu' } });
    expect(renamed.updatedAt).toEqual(before.updatedAt);
    const changed = await app.byok.updateKey(user, 'azure', { fields: { region: 'us' } });
    expect(changed.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime());
  });

  it('does not change an address without the key', async () => {
    await app.byok.setKey(user, 'azure', KEY, { fields: FIELDS });
    for (const endpoint of ['https://evil.example.com', null]) {
      const failed = app.byok.updateKey(user, 'azure', { fields: { endpoint } });
      await expect(failed).rejects.toThrow(InvalidInputError);
      await expect(failed).rejects.toThrow(/enter the key again/);
    }
    await app.byok.setKey(user, 'azure', KEY, { label: 'plain' });
    const added = app.byok.updateKey(user, 'azure', { label: 'plain', fields: { endpoint: 'https://b.example.com' } });
    await expect(added).rejects.toThrow(/enter the key again/);
    // Its present value in another spelling is not a change.
    await app.byok.updateKey(user, 'azure', { fields: { endpoint: 'HTTPS://A.example.com/', region: 'us' } });
    await app.byok.updateKey(user, 'azure', { apiKey: OTHER, fields: { endpoint: 'https://b.example.com/v1/' } });
    expect(await resolved()).toMatchObject({
      apiKey: OTHER,
      fields: { endpoint: 'https://b.example.com/v1', region: 'us' },
    });
  });

  it('refuses what is wrong, and changes nothing', async () => {
    await app.byok.setKey(user, 'azure', KEY, { fields: FIELDS });
    await app.byok.setKey(user, 'azure', OTHER, { label: 'home' });
    await app.byok.setKey(user, 'needy', KEY, { fields: { region: 'eu' } });
    const update = (changes: object, provider = 'azure') => app.byok.updateKey(user, provider, changes);
    await expect(update({ label: 'none', apiKey: KEY })).rejects.toThrow(KeyNotFoundError);
    await expect(update({}, 'openai')).rejects.toThrow(KeyNotFoundError);
    await expect(update({ newLabel: 'home' })).rejects.toThrow(KeyConflictError);
    await expect(update({ newLabel: ' ' })).rejects.toThrow(InvalidInputError);
    await expect(update({ fields: { other: 'x' } })).rejects.toThrow(/no field of that name/);
    await expect(update({ fields: { region: 'a\nb' } })).rejects.toThrow(/one line/);
    await expect(update({ fields: { region: null } }, 'needy')).rejects.toThrow(/is needed/);
    await expect(update({ ttl: HOUR, expiresAt: new Date() })).rejects.toThrow(/not both/);
    await expect(update({ apiKey: 'your-api-key-here' })).rejects.toThrow(/placeholder/);
    for (const names of [{ newLabel: KEY }, { apiKey: OTHER, newLabel: OTHER }, { apiKey: OTHER, label: OTHER }]) {
      await expect(update(names)).rejects.toThrow(/where a name belongs/);
    }
    expect(await resolved('default')).toMatchObject({ apiKey: KEY, fields: FIELDS });
    expect(await resolved('home')).toMatchObject({ apiKey: OTHER, fields: {} });
  });

  it('keeps the lines of a textarea', async () => {
    const notes = 'one\n\ttwo\r\nthree\n';
    await app.byok.setKey(user, 'azure', KEY, { fields: { notes } });
    await app.byok.updateKey(user, 'azure', { fields: { region: 'eu' } });
    expect((await resolved())?.fields).toEqual({ notes, region: 'eu' });
    const tooLong = app.byok.updateKey(user, 'azure', { fields: { notes: 'ä'.repeat(12 * 1024 + 1) } });
    await expect(tooLong).rejects.toThrow(/at most 24576 bytes/);
  });

  it('gives an expired key that is replaced the default lifetime anew', async () => {
    const mortal = await startByok({ db: database.url, defaultTtl: HOUR });
    try {
      const expiresAt = new Date(Date.now() + 300);
      await mortal.byok.setKey(user, 'openai', KEY, { expiresAt });
      await sleepUntil(expiresAt);
      expect(await mortal.byok.hasKey(user, 'openai')).toBe(false);
      const begun = Date.now();
      const replaced = await mortal.byok.updateKey(user, 'openai', { apiKey: OTHER });
      expect(replaced.status).toBe('active');
      expect(replaced.expiresAt!.getTime()).toBeGreaterThanOrEqual(begun + HOUR);
    } finally {
      await mortal.close();
    }
  });

  it('replaces a key that cannot be read only as a whole', async () => {
    const lost = await startByok({
      secret: [EncryptionService.generateSecret(), SECRET],
      db: database.url,
      providers: PROVIDERS,
    });
    await lost.byok.setKey(user, 'needy', KEY, { fields: { region: 'eu' } });
    await lost.close();
    expect(await app.byok.listKeys(user)).toMatchObject([{ status: 'unreadable', visibleFields: {} }]);
    await expect(app.byok.updateKey(user, 'needy', { newLabel: 'x' })).rejects.toThrow(EncryptionError);
    await expect(app.byok.updateKey(user, 'needy', { apiKey: OTHER })).rejects.toThrow(/is needed/);
    await app.byok.updateKey(user, 'needy', { apiKey: OTHER, fields: { region: 'us' } });
    const key = await app.byok.resolveKey(user, 'needy');
    expect([key?.apiKey, key?.fields]).toEqual([OTHER, { region: 'us' }]);
  });

  it('of 200 at once loses none', async () => {
    await app.byok.setKey(user, 'openai', KEY);
    const changes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => app.byok.updateKey(user, 'openai', { fields: { [`f${i % 10}`]: `${i}` } })),
    );
    const refused = changes.flatMap((change) => (change.status === 'rejected' ? [change.reason as unknown] : []));
    for (const reason of refused) expect(reason).toBeInstanceOf(KeyConflictError);
    const made = changes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    expect(made.length).toBeGreaterThan(0);
    const { fields, apiKey } = (await app.byok.resolveKey(user, 'openai'))!;
    expect(apiKey).toBe(KEY);
    const written = new Set(made.map((i) => `f${i % 10}`));
    expect(new Set(Object.keys(fields))).toEqual(written);
    for (const [name, value] of Object.entries(fields))
      expect(made.filter((i) => `f${i % 10}` === name)).toContain(Number(value));
  });

  it('chooses the default key', async () => {
    await app.byok.setKey(user, 'openai', KEY);
    await app.byok.setKey(user, 'openai', OTHER, { label: 'work' });
    expect(await app.byok.setDefaultKey(user, 'openai', 'work')).toMatchObject({ label: 'work', isDefault: true });
    expect(await app.byok.getKey(user, 'openai')).toBe(OTHER);
    expect((await app.byok.resolveKey(user, ['none', 'openai']))?.label).toBe('work');
    expect((await app.byok.listKeys(user)).map(({ label, isDefault }) => [label, isDefault])).toEqual([
      ['default', false],
      ['work', true],
    ]);
    for (const label of ['none', KEY]) {
      await expect(app.byok.setDefaultKey(user, 'openai', label)).rejects.toThrow(KeyNotFoundError);
    }
    await expect(app.byok.setDefaultKey(user, 'openai', '')).rejects.toThrow(InvalidInputError);
    expect(await app.byok.deleteKey(user, 'openai')).toBe(true);
    expect(await app.byok.getKey(user, 'openai')).toBe(KEY);
  });
});
