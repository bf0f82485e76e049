import { describe, expect, it } from '@jest/globals';
import { rotateUnderKills } from '../support/rotation-kills.js';
import { race, readThenWrite, twoRunners } from '../support/rotation-races.js';
import { seedOf } from '../support/seeds.js';

const MINUTES = 60_000;

describe('R2: rotation with 8 writers and 2 runners over 20,000 rows', () => {
  const large = { rows: 20_000, writers: 8, batchSize: 1_000, writeFor: 10_000 };

  it(
    'loses nothing',
    async () => {
      const { writes, results, ...rest } = await race({ ...large, seed: seedOf('R2') }, twoRunners);
      const changed = results.map(({ changedMeanwhile }) => changedMeanwhile);
      process.stdout.write(
        `R2: ${writes} writes, changed meanwhile ${changed.join(' and ')}, ${JSON.stringify(rest)}\n`,
      );
      expect(rest).toEqual({ failedWrites: 0, lost: 0, onOldKey: 0, unreadable: 0, deadlocks: 0 });
      expect(results.map(({ remaining }) => remaining)).toEqual([0, 0]);
    },
    10 * MINUTES,
  );

  it(
    'loses some where it reads and then writes',
    async () => {
      const { writes, lost } = await race({ ...large, seed: seedOf('R2, naive') }, readThenWrite);
      process.stdout.write(`R2, read-then-write: ${lost} of ${writes} writes lost\n`);
      expect(lost).toBeGreaterThan(0);
    },
    10 * MINUTES,
  );
});

describe('R3: kill -9 of Postgres 3 times and of the runner 10 times during rotation', () => {
  it(
    'leaves every row open, and nothing on the old key',
    async () => {
      const rows = 60_000;
      const { done, result, ...rest } = await rotateUnderKills({
        rows,
        batchSize: 100,
        postgres: 3,
        runner: 10,
        cuts: 10,
        pagesBetween: 25,
        seed: seedOf('R3'),
      });
      process.stdout.write(`R3: ${done.join(', ')}; ${JSON.stringify({ ...rest, lastRun: result.rotated })}\n`);
      expect(done).toHaveLength(23);
      expect(rest).toEqual({ intact: rows, onOldKey: 0, touched: 0 });
      expect(result).toMatchObject({ remaining: 0, unreadableCount: 0, aborted: false });
    },
    20 * MINUTES,
  );
});
