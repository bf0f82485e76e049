import { describe, expect, it } from '@jest/globals';
import { figures, report } from '../support/fault-report.js';
import { rotateUnderKills } from '../support/rotation-kills.js';
import { race, readThenWrite, twoRunners } from '../support/rotation-races.js';
import { seedOf } from '../support/seeds.js';

const SHORT = process.env['FAULTS'] === 'short';
const MINUTES = 60_000;
/** The whole of R3, and a third of it. */
const kills = SHORT ? { postgres: 1, runner: 3, cuts: 3 } : { postgres: 3, runner: 10, cuts: 10 };

describe('R2: rotation with 8 writers and 2 runners', () => {
  const large = { rows: SHORT ? 5_000 : 20_000, writers: 8, batchSize: 1_000, writeFor: SHORT ? 3_000 : 10_000 };

  it(
    'loses nothing',
    async () => {
      const seed = seedOf('R2');
      const { writes, results, ...rest } = await race({ ...large, seed }, twoRunners);
      const changed = results.map(({ changedMeanwhile }) => changedMeanwhile);
      report({
        id: 'R2',
        check: `rotation of ${large.rows} rows, 8 writers, 2 runners`,
        figure: figures({ writes, 'changed meanwhile': changed.join(' and '), ...rest }),
        bound: '0 lost, 0 on the old key, 0 unreadable',
        seed,
      });
      expect(rest).toEqual({ failedWrites: 0, lost: 0, onOldKey: 0, unreadable: 0, deadlocks: 0 });
      expect(results.map(({ remaining }) => remaining)).toEqual([0, 0]);
    },
    10 * MINUTES,
  );

  it(
    'loses some where it reads and then writes',
    async () => {
      const seed = seedOf('R2, naive');
      const { writes, lost } = await race({ ...large, seed }, readThenWrite);
      report({
        id: 'R2 control',
        check: 'the same by read-then-write',
        figure: figures({ writes, lost }),
        bound: 'some lost',
        seed,
      });
      expect(lost).toBeGreaterThan(0);
    },
    10 * MINUTES,
  );
});

describe('R3: kill -9 of Postgres and of the runner during rotation', () => {
  it(
    'leaves every row open, and nothing on the old key',
    async () => {
      const seed = seedOf('R3');
      const rows = SHORT ? 10_000 : 60_000;
      const { done, result, ...rest } = await rotateUnderKills({
        rows,
        batchSize: SHORT ? 50 : 100,
        ...kills,
        pagesBetween: 25,
        seed,
      });
      report({
        id: 'R3',
        check: `kill -9 of Postgres (${kills.postgres}) and the runner (${kills.runner}), ${kills.cuts} cuts, in a rotation`,
        figure: figures({ rows, kills: done.length, ...rest, 'moved by the last run': result.rotated }),
        bound: 'all intact, 0 on the old key, 0 touched',
        seed,
      });
      expect(done).toHaveLength(kills.postgres + kills.runner + kills.cuts);
      expect(rest).toEqual({ intact: rows, onOldKey: 0, touched: 0 });
      expect(result).toMatchObject({ remaining: 0, unreadableCount: 0, aborted: false });
    },
    20 * MINUTES,
  );
});
