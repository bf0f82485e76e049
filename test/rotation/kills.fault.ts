import { expect, it } from '@jest/globals';
import { rotateUnderKills } from '../support/rotation-kills.js';
import { seedOf } from '../support/seeds.js';

it('A rotation goes on by itself where Postgres, its connections and it itself were killed', async () => {
  const { done, result, ...rest } = await rotateUnderKills({
    rows: 4_000,
    batchSize: 50,
    postgres: 1,
    runner: 2,
    cuts: 2,
    pagesBetween: 10,
    seed: seedOf('kills'),
  });
  expect([...done].sort()).toEqual(['cut', 'cut', 'postgres', 'runner', 'runner']);
  expect(rest).toEqual({ intact: 4_000, onOldKey: 0, touched: 0 });
  expect(result).toMatchObject({ remaining: 0, unreadableCount: 0, aborted: false });
  // Some were done before, some by the last one.
  expect(result.rotated).toBeGreaterThan(0);
  expect(result.rotated).toBeLessThan(4_000);
});
