import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ByokEvent,
  type ByokService,
  InvalidInputError,
  StorageError,
  UserRequiredError,
} from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { memorySessions, type SessionRequest, type TestSessions } from '../support/sessions.js';

const KEY = 'test-key-visitor-0123456789';
const OLD = 'test-key-of-before-0123456789';
let next = 0;

describe.each(['hybrid', 'session'] as const)('adoptSessionKeys with %s storage', (storage) => {
  let database: TestDatabase;
  let app: ByokApp;
  let byok: ByokService;
  let sessions: TestSessions;
  let user: { id: string };
  let events: ByokEvent[];

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({
      storage,
      maxKeysPerUser: 3,
      onEvent: (event) => void events.push(event),
      ...(storage === 'hybrid' && { db: database.url }),
    });
    byok = app.byok;
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  beforeEach(() => {
    sessions = memorySessions();
    user = { id: `user-${next++}` };
    events = [];
  });

  async function visitor(...providers: string[]): Promise<SessionRequest> {
    const request = await sessions.request();
    for (const provider of providers) await byok.setKey(request, provider, KEY, { fields: { region: 'eu' } });
    return request;
  }

  it("moves the visitor's keys to the user who has signed in", async () => {
    const request = await visitor('openai', 'anthropic');
    const expiresAt = new Date(Date.now() + 60_000);
    await byok.setKey(request, 'azure', KEY, { label: 'work', expiresAt });
    const visits = { ...request, user };
    events = [];
    expect(await byok.adoptSessionKeys(visits)).toBe(3);

    expect((await byok.listKeys(visits)).map((key) => [key.provider, key.label, key.source, key.expiresAt])).toEqual([
      ['anthropic', 'default', storage === 'hybrid' ? 'database' : 'session', null],
      ['azure', 'work', storage === 'hybrid' ? 'database' : 'session', expiresAt],
      ['openai', 'default', storage === 'hybrid' ? 'database' : 'session', null],
    ]);
    const resolved = await byok.resolveKey(visits, 'openai');
    expect([resolved?.apiKey, resolved?.fields]).toEqual([KEY, { region: 'eu' }]);
    expect(await byok.listKeys(await sessions.request(request.sessionID))).toEqual([]);
    expect(events.filter(({ type }) => type === 'stored').map(({ owner, provider }) => [owner.id, provider])).toEqual([
      [user.id, 'anthropic'],
      [user.id, 'azure'],
      [user.id, 'openai'],
    ]);
    expect(await byok.adoptSessionKeys(visits)).toBe(0);
  });

  it('moves them with the session as it was, once it was regenerated', async () => {
    const request = await visitor('openai');
    const from = request.session;
    await new Promise((resolve) => request.session.regenerate(resolve));
    expect(request.session.id).not.toBe(from.id);
    const visits = Object.assign(request, { user });
    expect(await byok.adoptSessionKeys(visits)).toBe(0);
    expect(await byok.adoptSessionKeys(visits, { from })).toBe(1);
    expect(await byok.getKey(visits, 'openai')).toBe(KEY);
    expect(await sessions.stored(from.id)).toBeNull();
    await byok.deleteKey(visits, 'openai');
    expect(await byok.adoptSessionKeys(visits, { from })).toBe(0);
  });

  it('takes a copy of the session that has its id', async () => {
    const request = await visitor('openai');
    const from = { id: request.session.id, ...(JSON.parse(JSON.stringify(request.session)) as object) };
    const visits = { ...(await sessions.request()), user };
    expect(await byok.adoptSessionKeys(visits, { from })).toBe(1);
    expect(await byok.getKey(visits, 'openai')).toBe(KEY);
  });

  it.each([[null], ['text'], [{}], [{ id: 7 }], [{ id: '' }]])(
    'does not take %j for a session as it was',
    async (from) => {
      const visits = { ...(await visitor('openai')), user };
      await expect(byok.adoptSessionKeys(visits, { from })).rejects.toThrow(InvalidInputError);
    },
  );

  it("overwrites none of the user's own keys", async () => {
    const mine = { ...(await sessions.request()), user };
    await byok.setKey(mine, 'openai', OLD);
    const request = storage === 'session' ? mine : await visitor();
    const anonymous = { ...request, user: undefined };
    await byok.setKey(anonymous, 'openai', KEY);
    await byok.setKey(anonymous, 'anthropic', KEY);
    const visits = { ...request, user };
    expect(await byok.adoptSessionKeys(visits)).toBe(1);
    expect(await byok.getKey(visits, 'openai')).toBe(OLD);
    expect(await byok.getKey(visits, 'anthropic')).toBe(KEY);
    expect(await byok.getKey(anonymous, 'openai')).toBe(KEY);
    expect(await byok.adoptSessionKeys(visits)).toBe(0);
  });

  it('makes none of them the default key of a user who has one', async () => {
    const request = await visitor('openai');
    await byok.setKey(request, 'openai', KEY, { label: 'planted' });
    await byok.setDefaultKey(request, 'openai', 'planted');
    const visits = { ...request, user };
    await byok.setKey(visits, 'openai', OLD, { label: 'work' });
    expect(await byok.adoptSessionKeys(visits)).toBe(2);
    expect(await byok.resolveKey(visits, 'openai')).toMatchObject({ label: 'work', apiKey: OLD });
  });

  it('passes no limit, and leaves the rest where it is', async () => {
    const request = await visitor('a', 'b', 'c');
    const visits = { ...request, user };
    await byok.setKey(visits, 'mine', OLD);
    expect(await byok.adoptSessionKeys(visits)).toBe(2);
    expect(await byok.listProviders(visits)).toEqual(['a', 'b', 'mine']);
    expect(await byok.listProviders({ ...request, user: undefined })).toEqual(['c']);
  });

  it('does not move what has expired or cannot be read', async () => {
    const request = await visitor('openai', 'broken');
    await byok.setKey(request, 'old', KEY, { ttl: 1 });
    const { keys } = request.session['byok'] as { keys: { provider: string; sealed: string }[] };
    const broken = keys.find(({ provider }) => provider === 'broken')!;
    const bytes = Buffer.from(broken.sealed, 'base64url');
    bytes[50] ^= 1;
    broken.sealed = bytes.toString('base64url');
    await new Promise((resolve) => request.session.save(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const visits = { ...request, user };
    expect(await byok.adoptSessionKeys(visits)).toBe(1);
    expect(await byok.listProviders(visits)).toEqual(['openai']);
    const left = await byok.listKeys({ ...request, user: undefined });
    expect(left.map(({ provider, status }) => [provider, status])).toEqual([
      ['broken', 'unreadable'],
      ['old', 'expired'],
    ]);
  });

  it('needs somebody to be signed in', async () => {
    await expect(byok.adoptSessionKeys(await visitor('openai'))).rejects.toThrow(UserRequiredError);
    await expect(byok.adoptSessionKeys({ headers: {} })).rejects.toThrow(
      'Sign the user in before adopting their keys.',
    );
  });

  it('moves nothing where there is no session or nothing in it', async () => {
    expect(await byok.adoptSessionKeys({ headers: {}, user })).toBe(0);
    expect(await byok.adoptSessionKeys({ ...(await sessions.request()), user })).toBe(0);
  });

  it('loses no key where the store of the sessions fails meanwhile', async () => {
    const request = await visitor('openai');
    sessions.break();
    await expect(byok.adoptSessionKeys({ ...request, user })).rejects.toThrow(StorageError);
    sessions.mend();
    const again = await sessions.request(request.sessionID);
    const held = await Promise.all([byok.getKey(again, 'openai'), byok.getKey({ ...again, user }, 'openai')]);
    expect(held).toContain(KEY);
  });
});
