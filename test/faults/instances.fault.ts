import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SECRET } from '../support/byok-app.js';
import { startInstance, type Instance } from '../support/instances.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { randomFrom, seedOf } from '../support/seeds.js';

const ROUNDS = process.env['FAULTS'] === 'short' ? 200 : 1_000;

describe('R9: what is replaced or deleted on one instance', () => {
  let database: TestDatabase;
  let instances: Instance[];

  beforeEach(async () => {
    database = await createDatabase();
    const options = { secret: SECRET, db: database.url, maxKeysPerUser: 200 };
    instances = await Promise.all([startInstance(options), startInstance(options)]);
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await database.drop();
  });

  it(
    'is never read on another once it is committed, however busy the readers are',
    async () => {
      const random = randomFrom(seedOf('R9'));
      const [writer, reader] = instances;
      const alice = { userId: 'alice' };
      const others = Array.from({ length: 50 }, (_, i) => ({ userId: `other-${i}` }));
      await Promise.all(others.map((user) => writer.call('setKey', user, 'openai', `test-key-of-${user.userId}`)));

      let busy = true;
      let reads = 0;
      const readers = Array.from({ length: 16 }, async (_, i) => {
        for (let n = i; busy; n++) {
          const { userId } = others[n % others.length];
          await Promise.all([reader.call('getKey', { userId }, 'openai'), reader.call('getKey', alice, 'openai')]);
          reads += 2;
        }
      });

      let stale = 0;
      let deletions = 0;
      for (let i = 0; i < ROUNDS; i++) {
        const key = `test-key-of-round-${String(i).padStart(4, '0')}`;
        await writer.call('setKey', alice, 'openai', key);
        if ((await reader.call('getKey', alice, 'openai')) !== key) stale++;
        if (random() < 0.5) continue;
        deletions++;
        await writer.call('deleteKey', alice, 'openai');
        if ((await reader.call('getKey', alice, 'openai')) !== null) stale++;
      }
      busy = false;
      await Promise.all(readers);
      process.stdout.write(`R9: ${JSON.stringify({ replaced: ROUNDS, deletions, stale, otherReads: reads })}\n`);
      expect(stale).toBe(0);
      expect(reads).toBeGreaterThan(ROUNDS);
    },
    10 * 60_000,
  );
});
