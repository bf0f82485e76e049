import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SECRET } from '../support/byok-app.js';
import { type Instance, startInstance } from '../support/instances.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { randomFrom, seedOf } from '../support/seeds.js';
import { askUnderShiftedClocks } from '../support/shifted-clocks.js';
import { deadlocksIn, noteCommits, writeOneSlot } from '../support/slot-writers.js';

describe('Instances in processes of their own', () => {
  let database: TestDatabase;
  let instances: Instance[];

  beforeEach(async () => {
    instances = [];
    database = await createDatabase();
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await database.drop();
  });

  it('leave the last of 64 writes to one slot, none of which fails', async () => {
    const options = { secret: SECRET, db: database.url };
    instances = await Promise.all([startInstance(options), startInstance(options)]);
    await noteCommits(database);
    expect(await writeOneSlot(database, instances)).toEqual({ failed: 0, rows: 1, isLast: true });
    await Promise.all(instances.map((instance) => instance.stop()));
    expect(await deadlocksIn(database)).toBe(0);
  });

  it('agree on what has expired, with clocks 20 minutes apart and in any time zone', async () => {
    const { naive, ...outcome } = await askUnderShiftedClocks(database, randomFrom(seedOf('clocks')));
    expect(outcome).toEqual({ instances: 3, answers: 450, disagreements: 0, sweptWrongly: 0 });
    // Had each asked its own clock, they would disagree.
    expect(naive).toBeGreaterThan(20);
  });
});
