import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ByokModuleOptions } from '../../lib/index.js';
import { KeyLimitError, UserRequiredError } from '../../lib/index.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { makeRecord, openDatabaseStorage } from '../support/storage.js';
import { describeKeyStorage, type StorageWorld } from './key-storage.contract.js';

async function world(options: Partial<ByokModuleOptions> = {}): Promise<StorageWorld> {
  const database = await createDatabase();
  const table = options.tableName ?? 'user_api_keys';
  const { storage, close } = await openDatabaseStorage(database, options);
  return {
    storage,
    scopeOf: async (owner) => storage.scopeOf({ userId: owner, session: undefined }),
    break: async () => void (await database.query(`ALTER TABLE "${table}" RENAME TO away`)),
    mend: async () => void (await database.query(`ALTER TABLE away RENAME TO "${table}"`)),
    close: async () => {
      await close();
      await database.drop();
    },
  };
}

describeKeyStorage('TypeOrmKeyStorage', () => world());
describeKeyStorage('TypeOrmKeyStorage without prepared statements', () => world({ preparedStatements: false }));
describeKeyStorage('TypeOrmKeyStorage with a table of another name', () => world({ tableName: 'keys_of_users' }));

describe('TypeOrmKeyStorage', () => {
  let database: TestDatabase;
  let opened: Awaited<ReturnType<typeof openDatabaseStorage>>[];

  beforeAll(async () => {
    database = await createDatabase();
    opened = await Promise.all(Array.from({ length: 3 }, () => openDatabaseStorage(database)));
  });
  afterAll(async () => {
    await Promise.all(opened.map(({ close }) => close()));
    await database.drop();
  });

  it('refuses a caller who is not signed in', () => {
    const [{ storage }] = opened;
    expect(() => storage.scopeOf({ userId: undefined, session: undefined })).toThrow(UserRequiredError);
    expect(storage.visitorScopeOf()).toBeNull();
  });

  it('holds the limit of 50 against three instances that write at once', async () => {
    const scope = opened[0].storage.scopeOf({ userId: 'alice', session: undefined });
    const writes = Array.from({ length: 120 }, (_, i) =>
      opened[i % 3].storage.put(scope, makeRecord('openai', { label: `n${i}` }), 50),
    );
    const refused = (await Promise.allSettled(writes)).flatMap((w) => (w.status === 'rejected' ? [w.reason] : []));
    expect(refused.every((reason) => reason instanceof KeyLimitError)).toBe(true);
    const [{ count }] = await database.query(`SELECT count(*)::int FROM user_api_keys WHERE owner_id = 'alice'`);
    expect({ count, refused: refused.length }).toEqual({ count: 50, refused: 70 });
  });

  it('replaces with one statement', async () => {
    const [{ storage, connection }] = opened;
    const scope = storage.scopeOf({ userId: 'bob', session: undefined });
    await storage.put(scope, makeRecord('openai'), 50);
    const dataSource = await connection.ready();
    const { master } = dataSource.driver as unknown as { master: { query: (...args: unknown[]) => unknown } };
    const sent: unknown[] = [];
    const query = master.query.bind(master);
    master.query = (...args) => (sent.push(args[0]), query(...args));
    try {
      await storage.put(scope, makeRecord('openai'), 50);
    } finally {
      master.query = query;
    }
    expect(sent).toEqual([
      expect.objectContaining({ text: expect.stringMatching(/INSERT INTO .* ON CONFLICT .* DO UPDATE/s) }),
    ]);
  });
});
