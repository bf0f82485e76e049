import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EncryptionService, RotationService } from '../../lib/index.js';
import { startByok } from '../support/byok-app.js';
import { figures, report } from '../support/fault-report.js';
import { createDatabase } from '../support/postgres.js';
import { rotateUnderKills } from '../support/rotation-kills.js';
import { race, readThenWrite, twoRunners } from '../support/rotation-races.js';
import { insertSealedRows, sealWith, userId } from '../support/sealed-rows.mjs';
import { seedOf } from '../support/seeds.js';

const SHORT = process.env['FAULTS'] === 'short';
const MINUTES = 60_000;
/** The whole of R3, and a third of it. */
const kills = SHORT ? { postgres: 1, runner: 3, cuts: 3 } : { postgres: 3, runner: 10, cuts: 10 };

describe('R2: rotation with 8 writers and 2 runners', () => {
  const large = {
    rows: SHORT ? 5_000 : 20_000,
    writers: 8,
    batchSize: 1_000,
    writeFor: SHORT ? 3_000 : 10_000,
    minWrites: 100,
  };

  it('loses nothing', async () => {
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
  });

  it('loses some where it reads and then writes', async () => {
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
  });
});

describe('R2: rotation while a row stays locked', () => {
  it('ends after ten more passes, tells of the row, and finds it the next time', async () => {
    const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
    const database = await createDatabase();
    await (await startByok({ secret: old, db: database.url })).close();
    await insertSealedRows({ url: database.url, rows: 100, seal: sealWith(new EncryptionService(old)) });
    const { app, close } = await startByok({ secret: [fresh, old], db: database.url });
    const rotation = app.get(RotationService);
    const somebody = new pg.Client({ connectionString: database.url });
    await somebody.connect();
    try {
      await somebody.query('BEGIN');
      await somebody.query('SELECT 1 FROM user_api_keys WHERE owner_id = $1 FOR UPDATE', [userId(50)]);
      let passes = 0;
      const result = await rotation.rotate({ onProgress: ({ pass }) => void (passes = pass) });
      const { rotated, remaining, changedMeanwhile, durationMs } = result;
      report({
        id: 'R2 locked',
        check: 'rotation of 100 rows, one locked all the time',
        figure: figures({
          passes,
          rotated,
          remaining: remaining!,
          'changed meanwhile': changedMeanwhile,
          durationMs,
        }),
        bound: '11 passes, 99 rotated, 1 remaining, under a minute',
      });
      expect({ passes, ...result }).toMatchObject({ passes: 11, rotated: 99, remaining: 1, changedMeanwhile: 11 });
      expect(result).toMatchObject({ aborted: false, unreadableCount: 0 });
      // Long enough for somebody's transaction, and an end.
      expect(durationMs).toBeGreaterThan(20_000);
      expect(durationMs).toBeLessThan(60_000);
      await somebody.query('COMMIT');
      expect(await rotation.rotate()).toMatchObject({ rotated: 1, remaining: 0 });
      expect(await rotation.verify()).toMatchObject({ ok: true, rows: 100 });
    } finally {
      await somebody.end();
      await close();
      await database.drop();
    }
  });
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
