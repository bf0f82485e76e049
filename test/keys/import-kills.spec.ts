import { describe, expect, it } from '@jest/globals';
import { importUnderKills } from '../support/import-kills.mjs';
import { createDatabase } from '../support/postgres.js';

const ROWS = 5_000;

// With a million keys: node bench/import-kills.mjs
describe('An import from a table of another cipher', () => {
  it('is whole after its process was killed three times', async () => {
    const database = await createDatabase();
    try {
      const { killedAt, result, same, opened } = await importUnderKills({ url: database.url, rows: ROWS, kills: 3 });
      const [first, , last] = killedAt;
      expect(first).toBeGreaterThan(0);
      expect(last).toBeLessThan(ROWS);
      expect([...killedAt].sort((a, b) => a - b)).toEqual(killedAt);
      expect(result.refused).toEqual([]);
      expect(result.stored + result.skipped).toBe(ROWS);
      expect(result.stored).toBeLessThanOrEqual(ROWS - last);
      expect([same, opened]).toEqual([ROWS, ROWS]);
    } finally {
      await database.drop();
    }
  });
});
