import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type ByokModuleOptions,
  EncryptionService,
  InvalidInputError,
  type KeyHolder,
  StorageError,
  UserRequiredError,
} from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { memorySessions, type TestSessions } from '../support/sessions.js';

const KEY = 'test-key-alice-0123456789';
const OTHER = 'test-key-other-9876543210';
let next = 0;

describe.each<[string, 'session' | 'database' | 'hybrid', 'request' | 'visitor' | 'userId', 'session' | 'database']>([
  ['a request of a user, keys in the session', 'session', 'request', 'session'],
  ['a request of a visitor, keys in the session', 'session', 'visitor', 'session'],
  ['a request of a user, keys in the database', 'database', 'request', 'database'],
  ['{ userId }, keys in the database', 'database', 'userId', 'database'],
  ['a request of a user with hybrid storage', 'hybrid', 'request', 'database'],
  ['a request of a visitor with hybrid storage', 'hybrid', 'visitor', 'session'],
  ['{ userId } with hybrid storage', 'hybrid', 'userId', 'database'],
])('ByokService for %s', (_, storage, kind, source) => {
  let database: TestDatabase;
  let sessions: TestSessions;
  let app: ByokApp;

  beforeAll(async () => {
    database = await createDatabase();
    sessions = memorySessions();
    app = await startByok({ storage, ...(storage !== 'session' && { db: database.url }) });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function someone(): Promise<KeyHolder> {
    const id = `user-${next++}`;
    if (kind === 'userId') return { userId: id };
    return sessions.request(undefined, kind === 'visitor' ? {} : { user: { id } });
  }

  it('stores a key and gives it back', async () => {
    const holder = await someone();
    const stored = await app.byok.setKey(holder, 'azure', KEY, {
      label: 'work',
      fields: { endpoint: 'https://example.com' },
    });
    expect(stored).toEqual({
      provider: 'azure',
      label: 'work',
      hint: '…6789',
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
      fieldNames: ['endpoint'],
      visibleFields: {},
      isDefault: true,
      warnings: [],
      createdAt: stored.updatedAt,
      updatedAt: expect.any(Date),
      expiresAt: null,
      lastUsedAt: null,
      lastCheck: null,
      source,
      status: 'active',
    });
    expect(await app.byok.getKey(holder, 'azure', { label: 'work' })).toBe(KEY);
    expect(await app.byok.getKey(holder, 'azure')).toBe(KEY);
    expect(await app.byok.getKey(holder, 'azure', { label: 'home' })).toBeNull();
    const resolved = await app.byok.resolveKey(holder, 'azure', { label: 'work' });
    expect({ ...resolved, apiKey: resolved?.apiKey, fields: resolved?.fields }).toEqual({
      provider: 'azure',
      label: 'work',
      apiKey: KEY,
      fields: { endpoint: 'https://example.com' },
      owner: { kind: expect.stringMatching(/^(user|session)$/), id: expect.any(String) },
      source,
      expiresAt: null,
    });
    expect(JSON.stringify({ resolved })).toBe('{"resolved":"[REDACTED]"}');
    expect(await app.byok.listKeys(holder)).toEqual([{ ...stored, warnings: undefined }]);
  });

  it('replaces a key', async () => {
    const holder = await someone();
    const first = await app.byok.setKey(holder, 'openai', KEY);
    const second = await app.byok.setKey(holder, 'openai', OTHER);
    expect(await app.byok.getKey(holder, 'openai')).toBe(OTHER);
    expect(second.createdAt).toEqual(first.createdAt);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect((await app.byok.setKey(holder, 'openai', KEY)).fingerprint).toBe(first.fingerprint);
    expect(await app.byok.listKeys(holder)).toHaveLength(1);
  });

  it('adds a key only where there is none', async () => {
    const holder = await someone();
    const added = await app.byok.setKey(holder, 'openai', KEY, { ifAbsent: true });
    const { status, source: place } = added;
    expect({ status, place, createdAt: added.createdAt }).toEqual({
      status: 'active',
      place: source,
      createdAt: added.updatedAt,
    });
    const again = app.byok.setKey(holder, 'openai', OTHER, { ifAbsent: true });
    await expect(again).rejects.toThrow(InvalidInputError);
    expect(await app.byok.getKey(holder, 'openai')).toBe(KEY);
    const together = await Promise.allSettled(
      [KEY, OTHER, `${OTHER}-3`].map((key) => app.byok.setKey(holder, 'openai', key, { label: 'x', ifAbsent: true })),
    );
    expect(together.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await app.byok.setKey(holder, 'openai', KEY, { label: 'brief', ttl: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await app.byok.setKey(holder, 'openai', OTHER, { label: 'brief', ifAbsent: true });
    expect(await app.byok.getKey(holder, 'openai', { label: 'brief' })).toBe(OTHER);
  });

  it('takes the first of several providers that there is a key of', async () => {
    const holder = await someone();
    await app.byok.setKey(holder, 'openai', KEY);
    await app.byok.setKey(holder, 'anthropic', OTHER);
    expect((await app.byok.resolveKey(holder, ['none', 'anthropic', 'openai']))?.apiKey).toBe(OTHER);
    expect(await app.byok.resolveKey(holder, ['none', 'nothing'])).toBeNull();
    await expect(app.byok.resolveKey(holder, [])).rejects.toThrow(InvalidInputError);
  });

  it('tells what there is without decrypting it', async () => {
    const holder = await someone();
    await app.byok.setKey(holder, 'openai', KEY);
    await app.byok.setKey(holder, 'openai', KEY, { label: 'work' });
    await app.byok.setKey(holder, 'anthropic', KEY, { ttl: 1 });
    const decrypt = jest.spyOn(app.app.get(EncryptionService), 'decrypt');
    try {
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await app.byok.hasKey(holder, 'openai')).toBe(true);
      expect(await app.byok.hasKey(holder, 'openai', { label: 'none' })).toBe(false);
      expect(await app.byok.hasKey(holder, 'anthropic')).toBe(false);
      expect(await app.byok.listProviders(holder)).toEqual(['openai']);
      expect((await app.byok.listKeys(holder)).map(({ provider, label, status }) => [provider, label, status])).toEqual(
        [
          ['anthropic', 'default', 'expired'],
          ['openai', 'default', 'active'],
          ['openai', 'work', 'active'],
        ],
      );
      expect(decrypt).toHaveBeenCalledTimes(0);
      await app.byok.resolveKey(holder, ['anthropic', 'openai']);
      expect(decrypt).toHaveBeenCalledTimes(1);
    } finally {
      decrypt.mockRestore();
    }
  });

  it('deletes one key, and all', async () => {
    const holder = await someone();
    await app.byok.setKey(holder, 'openai', KEY);
    await app.byok.setKey(holder, 'openai', OTHER, { label: 'work' });
    await app.byok.setKey(holder, 'anthropic', KEY);
    expect(await app.byok.deleteKey(holder, 'openai', { label: 'work' })).toBe(true);
    expect(await app.byok.deleteKey(holder, 'openai', { label: 'work' })).toBe(false);
    expect(await app.byok.getKey(holder, 'openai')).toBe(KEY);
    expect(await app.byok.clearKeys(holder)).toBe(2);
    expect(await app.byok.listKeys(holder)).toEqual([]);
    expect(await app.byok.clearKeys(holder)).toBe(0);
  });

  it("removes the holder's expired keys", async () => {
    await app.byok.deleteExpired();
    const [holder, other] = [await someone(), await someone()];
    await app.byok.setKey(holder, 'openai', KEY);
    await app.byok.setKey(holder, 'old', KEY, { ttl: 1 });
    await app.byok.setKey(other, 'old', KEY, { ttl: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await app.byok.deleteExpired(holder)).toBe(1);
    expect(await app.byok.listProviders(holder)).toEqual(['openai']);
    expect((await app.byok.listKeys(other)).map(({ status }) => status)).toEqual(['expired']);
    expect(await app.byok.deleteExpired()).toBe(source === 'database' ? 1 : 0);
  });

  it("gives nobody another's keys", async () => {
    const [holder, other] = [await someone(), await someone()];
    await app.byok.setKey(holder, 'openai', KEY);
    expect(await app.byok.getKey(other, 'openai')).toBeNull();
    expect(await app.byok.hasKey(other, 'openai')).toBe(false);
    expect(await app.byok.listKeys(other)).toEqual([]);
    expect(await app.byok.deleteKey(other, 'openai')).toBe(false);
    expect(await app.byok.clearKeys(other)).toBe(0);
    expect(await app.byok.getKey(holder, 'openai')).toBe(KEY);
  });
});

describe('ByokService', () => {
  let database: TestDatabase;
  const apps: ByokApp[] = [];

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(options: Partial<ByokModuleOptions>): Promise<ByokApp> {
    const app = await startByok(options);
    apps.push(app);
    return app;
  }

  it('asks for a user where keys are kept per user and nobody is signed in', async () => {
    const { byok } = await start({ db: database.url, storage: 'database' });
    const visitor = await memorySessions().request();
    await expect(byok.getKey(visitor, 'openai')).rejects.toThrow(UserRequiredError);
    await expect(byok.setKey(visitor, 'openai', KEY)).rejects.toThrow(UserRequiredError);
  });

  it('asks for a user where there is neither user nor session, and says so where only the session is missing', async () => {
    const hybrid = await start({ db: database.url });
    await expect(hybrid.byok.listKeys({ headers: {} })).rejects.toThrow(UserRequiredError);
    const session = await start({});
    await expect(session.byok.listKeys({ headers: {}, user: { id: 1 } })).rejects.toThrow(StorageError);
    await expect(session.byok.listKeys({ userId: 'alice' })).rejects.toThrow(StorageError);
  });

  it('takes for one user what a request and { userId } call the same', async () => {
    const { byok } = await start({ db: database.url, resolveUser: async (request) => (request.user as number[])[0] });
    await byok.setKey({ headers: {}, user: [42] }, 'openai', KEY);
    expect(await byok.getKey({ userId: '42' }, 'openai')).toBe(KEY);
  });

  it.each([[undefined], [null], ['alice'], [{}], [{ userId: undefined }], [{ id: 'alice' }]])(
    'does not take %j for a holder',
    async (holder) => {
      const { byok } = await start({ db: database.url });
      await expect(byok.getKey(holder as never, 'openai')).rejects.toThrow(
        'The holder must be the request, or { userId } or { owner: { kind, id } } if there is no request.',
      );
    },
  );

  it('goes by resolveUser and not by a userId that stands on the request', async () => {
    const { byok } = await start({ db: database.url });
    await byok.setKey({ userId: 'victim' }, 'openai', KEY);
    const request = { headers: {}, userId: 'victim', user: { id: 'mallory' } };
    expect(await byok.getKey(request, 'openai')).toBeNull();
  });
});
