import { describe, expect, it } from '@jest/globals';
import { race, readThenWrite, twoRunners } from '../support/rotation-races.js';
import { seedOf } from '../support/seeds.js';

describe('Rotation with writers', () => {
  const small = { rows: 2_000, writers: 8, batchSize: 200, writeFor: 1_500, minWrites: 100 };

  it('by two runners loses no write and leaves nothing on the old key', async () => {
    const { writes, results, ...rest } = await race({ ...small, seed: seedOf('races') }, twoRunners);
    expect(rest).toEqual({ failedWrites: 0, lost: 0, onOldKey: 0, unreadable: 0, deadlocks: 0 });
    expect(writes).toBeGreaterThan(small.minWrites);
    expect(results.map(({ aborted, remaining, unreadableCount }) => ({ aborted, remaining, unreadableCount }))).toEqual(
      Array.from({ length: 2 }, () => ({ aborted: false, remaining: 0, unreadableCount: 0 })),
    );
    expect(results[0].rotated + results[1].rotated).toBeGreaterThanOrEqual(small.rows / 2);
  });

  it('that reads and then writes does lose some, which shows that the check sees', async () => {
    const { lost, onOldKey, unreadable } = await race({ ...small, seed: seedOf('races') }, readThenWrite);
    expect(lost).toBeGreaterThan(0);
    expect({ onOldKey, unreadable }).toEqual({ onOldKey: 0, unreadable: 0 });
  });
});
