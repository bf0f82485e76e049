import { describe, expect, it } from '@jest/globals';
import { HybridKeyStorage, SessionKeyStorage } from '../../lib/entries/storage.js';
import { UserRequiredError } from '../../lib/index.js';
import { sessionOf } from '../../lib/storage/index.js';
import { createDatabase } from '../support/postgres.js';
import { memorySessions } from '../support/sessions.js';
import { makeRecord, openDatabaseStorage } from '../support/storage.js';
import { describeKeyStorage, type StorageWorld } from './key-storage.contract.js';

async function open() {
  const database = await createDatabase();
  const sessions = memorySessions();
  const { storage: rows, close } = await openDatabaseStorage(database);
  const storage = new HybridKeyStorage(new SessionKeyStorage(), rows);
  const closeAll = async () => {
    await close();
    await database.drop();
  };
  return { database, sessions, storage, close: closeAll };
}

async function worldOfUsers(): Promise<StorageWorld> {
  const { database, sessions, storage, close } = await open();
  return {
    storage,
    scopeOf: async (userId) => storage.scopeOf({ userId, session: sessionOf(await sessions.request()) }),
    break: async () => void (await database.query('ALTER TABLE user_api_keys RENAME TO away')),
    mend: async () => void (await database.query('ALTER TABLE away RENAME TO user_api_keys')),
    close,
  };
}

async function worldOfVisitors(): Promise<StorageWorld> {
  const { sessions, storage, close } = await open();
  const ids = new Map<string, string>();
  return {
    storage,
    async scopeOf(owner) {
      const request = await sessions.request(ids.get(owner));
      if (!ids.has(owner)) await new Promise((resolve) => request.session.save(resolve));
      ids.set(owner, request.sessionID);
      return storage.scopeOf({ userId: undefined, session: sessionOf(request) });
    },
    break: () => sessions.break(),
    mend: () => sessions.mend(),
    close,
  };
}

describeKeyStorage('HybridKeyStorage for users', worldOfUsers);
describeKeyStorage('HybridKeyStorage for visitors', worldOfVisitors);

describe('HybridKeyStorage', () => {
  it('keeps every key in exactly one of the two', async () => {
    const { database, sessions, storage, close } = await open();
    try {
      const request = await sessions.request();
      const session = sessionOf(request);
      await storage.put(storage.scopeOf({ userId: 'alice', session }), makeRecord('openai'), 50);
      expect(request.session['byok']).toBeUndefined();
      expect(await database.query('SELECT owner_id, provider FROM user_api_keys')).toEqual([
        { owner_id: 'alice', provider: 'openai' },
      ]);

      const visitor = storage.scopeOf({ userId: undefined, session });
      expect(visitor).toEqual(storage.visitorScopeOf({ userId: 'alice', session }));
      await storage.put(visitor, makeRecord('anthropic'), 50);
      expect((request.session['byok'] as { keys: unknown[] }).keys).toHaveLength(1);
      expect(await database.query('SELECT count(*)::int FROM user_api_keys')).toEqual([{ count: 1 }]);
    } finally {
      await close();
    }
  });

  it('asks who has neither a user nor a session to sign in', async () => {
    const storage = new HybridKeyStorage(new SessionKeyStorage(), {} as never);
    expect(() => storage.scopeOf({ userId: undefined, session: undefined })).toThrow(UserRequiredError);
  });
});
