import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SECRET } from '../support/byok-app.js';
import { figures, report } from '../support/fault-report.js';
import { type Instance, startInstance } from '../support/instances.js';
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

  it('is never read on another once it is committed, however busy the readers are', async () => {
    const seed = seedOf('R9');
    const random = randomFrom(seed);
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

    // The control: a reader that remembers for a moment what it has read.
    const remembered = { key: null as string | null, at: -1_000 };
    const remember = async () => {
      if (performance.now() - remembered.at < 50) return remembered.key;
      const key = await reader.call<string | null>('getKey', alice, 'openai');
      Object.assign(remembered, { key, at: performance.now() });
      return key;
    };
    let naive = 0;
    let stale = 0;
    let deletions = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const key = `test-key-of-round-${String(i).padStart(4, '0')}`;
      await writer.call('setKey', alice, 'openai', key);
      if ((await reader.call('getKey', alice, 'openai')) !== key) stale++;
      if ((await remember()) !== key) naive++;
      if (random() < 0.5) continue;
      deletions++;
      await writer.call('deleteKey', alice, 'openai');
      if ((await reader.call('getKey', alice, 'openai')) !== null) stale++;
      if ((await remember()) !== null) naive++;
    }
    busy = false;
    await Promise.all(readers);
    report({
      id: 'R9',
      check: 'replaced or deleted on one instance, read on another',
      figure: figures({
        replaced: ROUNDS,
        deletions,
        stale,
        'other reads': reads,
        'stale with a cache of 50 ms': naive,
      }),
      bound: '0 stale; a cache gives some',
      seed,
    });
    expect(stale).toBe(0);
    expect(naive).toBeGreaterThan(0);
    expect(reads).toBeGreaterThan(ROUNDS);
  });
});
