import { type KeyCaller, SessionKeyStorage } from '../../lib/entries/storage.js';
import { sessionOf } from '../../lib/storage/index.js';
import { createDatabase } from '../support/postgres.js';
import { memorySessions, postgresSessions, type TestSessions } from '../support/sessions.js';
import { describeKeyStorage, type StorageWorld } from './key-storage.contract.js';

function world(sessions: TestSessions, close: () => Promise<void>, visitors = false): StorageWorld {
  const storage = new SessionKeyStorage();
  const ids = new Map<string, string>();
  return {
    storage,
    async scopeOf(owner) {
      const request = await sessions.request(ids.get(owner));
      if (!ids.has(owner)) {
        ids.set(owner, request.sessionID);
        await new Promise((resolve) => request.session.save(resolve));
      }
      const caller: KeyCaller = { userId: visitors ? undefined : owner, session: sessionOf(request) };
      return storage.scopeOf(caller);
    },
    break: () => sessions.break(),
    mend: () => sessions.mend(),
    close,
  };
}

describeKeyStorage('SessionKeyStorage with a MemoryStore', async () => {
  const sessions = memorySessions();
  return world(sessions, () => sessions.close());
});

describeKeyStorage('SessionKeyStorage for visitors', async () => {
  const sessions = memorySessions();
  return world(sessions, () => sessions.close(), true);
});

describeKeyStorage('SessionKeyStorage with sessions in Postgres', async () => {
  const database = await createDatabase();
  const sessions = postgresSessions(database);
  return world(sessions, async () => {
    await sessions.close();
    await database.drop();
  });
});
