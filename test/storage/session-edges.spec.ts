import { beforeEach, describe, expect, it } from '@jest/globals';
import { type ByokRequest, StorageError } from '../../lib/index.js';
import { type KeyScope, SessionKeyStorage } from '../../lib/entries/storage.js';
import { endedSession, sessionOf } from '../../lib/storage/index.js';
import { startStopwatch } from '../support/lost-time.js';
import { memorySessions, type SessionRequest, type TestSessions } from '../support/sessions.js';
import { inMinutes, makeRecord } from '../support/storage.js';

const OPENAI = [{ provider: 'openai', label: 'default' }];

describe('SessionKeyStorage', () => {
  let sessions: TestSessions;
  let storage: SessionKeyStorage;

  beforeEach(() => {
    sessions = memorySessions();
    storage = new SessionKeyStorage();
  });

  const placeOf = (request: ByokRequest, userId?: string): KeyScope =>
    storage.scopeOf({ userId, session: sessionOf(request) });
  type Held = { v: number; keys: Record<string, unknown>[] };
  const heldBy = (request: SessionRequest) => request.session['byok'] as Held;

  it('says so where there is no session', () => {
    expect(() => placeOf({ headers: {} })).toThrow(StorageError);
    expect(() => placeOf({ headers: {} }, 'alice')).toThrow('There is no session on this request');
    expect(() => placeOf({ headers: {}, session: {} })).toThrow(StorageError);
  });

  it("binds a visitor's keys to the session, and does not tell the session's id", async () => {
    const request = await sessions.request();
    const { owner, source } = placeOf(request);
    expect({ kind: owner.kind, source }).toEqual({ kind: 'session', source: 'session' });
    expect(owner.id).toMatch(/^[\w-]{43}$/);
    expect(owner.id).not.toContain(request.sessionID);
    expect(placeOf(await sessions.request()).owner.id).not.toBe(owner.id);
  });

  it('takes the id that the session middleware gave, not one that an application keeps in the session', async () => {
    class FastifySession {
      [name: string]: unknown;
      get sessionId() {
        return 'the-id-of-the-session';
      }
    }
    const session = Object.assign(new FastifySession(), { id: 'alice' });
    expect(sessionOf({ headers: {}, session })?.id).toBe('the-id-of-the-session');
    expect(endedSession(session, { headers: {} })?.id).toBe('the-id-of-the-session');
    const request = await sessions.request();
    Object.assign(request.session, { sessionId: 'alice' });
    expect(sessionOf(request)?.id).toBe(request.sessionID);
    expect(endedSession(request.session, request)?.id).toBe(request.sessionID);
  });

  it('has a write in the store before it answers', async () => {
    const request = await sessions.request();
    await storage.put(placeOf(request), makeRecord('openai'), 50);
    const stored = (await sessions.stored(request.sessionID))?.['byok'] as Held;
    expect(stored.keys.map(({ provider }) => provider)).toEqual(['openai']);
  });

  it('loses no write of two requests in one session at once', async () => {
    const first = await sessions.request();
    await new Promise((resolve) => first.session.save(resolve));
    const requests = await Promise.all(Array.from({ length: 20 }, () => sessions.request(first.sessionID)));
    await Promise.all(requests.map((request, i) => storage.put(placeOf(request), makeRecord(`p${i}`), 50)));
    expect(await storage.list(placeOf(await sessions.request(first.sessionID)))).toHaveLength(20);
  });

  it('leaves the session as it was where it cannot be saved', async () => {
    const request = await sessions.request();
    const record = makeRecord('openai');
    await storage.put(placeOf(request), record, 50);
    const held = heldBy(request);
    const set = sessions.store.set.bind(sessions.store);
    sessions.store.set = (id, _, done) => (id === request.sessionID ? done?.(new Error('full')) : done?.());
    await expect(storage.put(placeOf(request), makeRecord('new'), 50)).rejects.toThrow('could not be saved');
    sessions.store.set = set;
    expect(heldBy(request)).toBe(held);
    expect(await storage.list(placeOf(request))).toHaveLength(1);
  });

  it('deletes nothing where the deletion cannot be remembered', async () => {
    const request = await sessions.request();
    const record = makeRecord('openai');
    await storage.put(placeOf(request), record, 50);
    const set = sessions.store.set.bind(sessions.store);
    sessions.store.set = (id, data, done) =>
      id === request.sessionID ? set(id, data, done) : done?.(new Error('full'));
    await expect(storage.delete(placeOf(request), record)).rejects.toThrow(StorageError);
    sessions.store.set = set;
    const again = await sessions.request(request.sessionID);
    expect((await storage.read(placeOf(again), OPENAI))[0]?.ciphertext).toEqual(record.ciphertext);
  });

  it('does not wait for a store that never answers', async () => {
    const request = await sessions.request();
    await storage.put(placeOf(request), makeRecord('openai'), 50);
    const get = sessions.store.get.bind(sessions.store);
    sessions.store.get = () => undefined;
    const stop = startStopwatch();
    const calls = [storage.read(placeOf(request), OPENAI), storage.put(placeOf(request), makeRecord('openai'), 50)];
    for (const call of await Promise.allSettled(calls)) {
      expect((call as PromiseRejectedResult).reason).toBeInstanceOf(StorageError);
    }
    expect(stop()).toBeLessThan(5_000);
    sessions.store.get = get;
  });

  it.each([['text'], [7], [{ v: 2, keys: [] }], [{ v: 1, keys: 'none' }], [null]])(
    'does not take %j in its place for "no key"',
    async (held) => {
      const request = await sessions.request();
      request.session['byok'] = held;
      await expect(storage.read(placeOf(request), OPENAI)).rejects.toThrow(StorageError);
      await expect(storage.list(placeOf(request))).rejects.toThrow(StorageError);
    },
  );

  it.each([
    ['spare characters', (sealed: unknown) => `${String(sealed)}!`],
    ['no text', () => 7],
    ['nothing', () => undefined],
  ])('hands out no bytes for a record that was changed to %s, and can replace it', async (_, change) => {
    const request = await sessions.request();
    await storage.put(placeOf(request), makeRecord('openai'), 50);
    const [held] = heldBy(request).keys;
    held['sealed'] = change(held['sealed']);
    await new Promise((resolve) => request.session.save(resolve));
    expect((await storage.read(placeOf(request), OPENAI))[0]?.ciphertext).toEqual(Buffer.alloc(0));
    expect(await storage.list(placeOf(request))).toHaveLength(1);
    expect((await storage.put(placeOf(request), makeRecord('openai'), 50)).replaced).toBe(true);
    expect((await storage.read(placeOf(request), OPENAI))[0]?.ciphertext).toHaveLength(154);
  });

  it('takes a store that reports an absent session as an error ENOENT', async () => {
    const request = await sessions.request();
    const get = sessions.store.get.bind(sessions.store);
    sessions.store.get = (id, done) =>
      get(id, (error, data) => (data ? done(error, data) : done(Object.assign(new Error(), { code: 'ENOENT' }))));
    await storage.put(placeOf(request), makeRecord('openai'), 50);
    expect(await storage.read(placeOf(request), OPENAI)).toHaveLength(1);
    expect(await storage.delete(placeOf(request), OPENAI[0])).toEqual(OPENAI[0]);
  });

  it('does not bring a session that has ended back to life when it removes what has expired', async () => {
    const request = await sessions.request();
    await storage.put(placeOf(request), makeRecord('old', { expiresAt: inMinutes(-1) }), 50);
    await new Promise((resolve) => sessions.store.destroy(request.sessionID, resolve));
    expect(await storage.deleteExpired(placeOf(request))).toEqual([]);
    expect(await sessions.stored(request.sessionID)).toBeNull();
  });

  describe('with sessions that are all in a cookie', () => {
    const cookie = (session: Record<string, unknown> = {}): ByokRequest => ({
      headers: {},
      session: { sessionId: 'of-the-cookie', ...structuredClone(session) },
    });

    it('keeps keys on the session', async () => {
      const request = cookie();
      const record = makeRecord('openai');
      await storage.put(placeOf(request, 'alice'), record, 50);
      const next = cookie(request.session as Record<string, unknown>);
      expect((await storage.read(placeOf(next, 'alice'), OPENAI))[0]?.ciphertext).toEqual(record.ciphertext);
    });

    it('does not take a deleted key from an older cookie', async () => {
      const request = cookie();
      await storage.put(placeOf(request, 'alice'), makeRecord('openai'), 50);
      const older = cookie(request.session as Record<string, unknown>);
      expect(await storage.delete(placeOf(request, 'alice'), OPENAI[0])).toEqual(OPENAI[0]);
      expect(await storage.read(placeOf(older, 'alice'), OPENAI)).toEqual([null]);
      expect(await storage.list(placeOf(older, 'alice'))).toEqual([]);
    });
  });
});
