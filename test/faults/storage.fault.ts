import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EncryptionService } from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { cli, CLI, keyIdOf, start } from '../support/cli.js';
import { figures, report } from '../support/fault-report.js';
import { type Instance, startInstance } from '../support/instances.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { randomFrom, seedOf } from '../support/seeds.js';
import { askUnderShiftedClocks } from '../support/shifted-clocks.js';
import { deadlocksIn, lookThenWrite, noteCommits, writeOneSlot } from '../support/slot-writers.js';

const SHORT = process.env['FAULTS'] === 'short';
const KEY = 'an-example-of-an-api-key-1f9c';

describe('The database, with instances in processes of their own', () => {
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
  async function started(secret: string | string[]): Promise<Instance> {
    const instance = await startInstance({ secret, db: database.url });
    instances.push(instance);
    return instance;
  }
  const count = async (where: string) =>
    (await database.query(`SELECT count(*)::int AS n FROM user_api_keys WHERE ${where}`))[0].n as number;
  const refusal = (sql: string, params?: unknown[]) =>
    database.query(sql, params).then(
      () => 'accepted',
      ({ code }: { code: string }) => code,
    );

  it('R1: 64 writers of one slot from 2 processes leave one row, with what was committed last', async () => {
    const rounds = SHORT ? 3 : 50;
    await Promise.all([started(SECRET), started(SECRET)]);
    await noteCommits(database);
    const sum = { rounds, writes: rounds * 64, failed: 0, otherThanOneRow: 0, notTheLast: 0 };
    let naive = 0;
    for (let i = 0; i < rounds; i++) {
      const { failed, rows, isLast } = await writeOneSlot(database, instances);
      sum.failed += failed;
      if (rows !== 1) sum.otherThanOneRow++;
      if (!isLast) sum.notTheLast++;
      naive += await lookThenWrite(database);
    }
    await Promise.all(instances.splice(0).map((instance) => instance.stop()));
    const deadlocks = await deadlocksIn(database);
    report({
      id: 'R1',
      check: '64 writers of one slot, 2 processes',
      figure: figures({ ...sum, deadlocks, 'failed where one looks, then writes': naive }),
      bound: '1 row, the last value, 0 errors, 0 deadlocks; look-then-write fails some',
    });
    expect({ ...sum, deadlocks }).toMatchObject({ failed: 0, otherThanOneRow: 0, notTheLast: 0, deadlocks: 0 });
    expect(naive).toBeGreaterThan(0);
  });

  it('R4: a key with one row left is not retired, and a stale writer after its retirement is refused', async () => {
    const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
    const given = { DATABASE_URL: database.url, BYOK_SECRET: `${fresh},${old}` };
    const stale = await started([old, fresh]);
    await started([fresh, old]);
    await stale.call('setKey', { userId: 'alice' }, 'openai', KEY);
    const id = Buffer.from(keyIdOf(old), 'hex');
    const early = await cli(['retire'], given);
    const byHand = await refusal('DELETE FROM byok_keyring WHERE key_id = $1', [id]);
    expect(early).toMatchObject({ code: 1, stdout: expect.stringContaining('not retired') });

    // The stale one writes again at a moment of chance before, in or after the retirement, until that wins.
    const seed = seedOf('R4');
    const random = randomFrom(seed);
    const before = { stored: 0, refused: 0 };
    const after = { stored: 0, refused: 0 };
    let attempts = 0;
    for (let retired = false; !retired && attempts < 4; attempts++) {
      const begun = performance.now();
      expect(await cli(['rotate'], given)).toMatchObject({ code: 0 });
      // As long as that took; at last only when all is over.
      const wait = attempts === 3 ? 0 : (performance.now() - begun) * (0.6 + 0.7 * random());
      const writing = wait && sleep(wait).then(() => writeAll(stale, 50, before));
      retired = (await cli(['retire'], given)).code === 0;
      if (retired) await writeAll(stale, 50, after);
      await writing;
    }
    const onOldKey = await count(`encode(key_id, 'hex') = '${keyIdOf(old)}'`);

    // The control: without the reference from rows to the keyring both would get by.
    await database.query('ALTER TABLE user_api_keys DROP CONSTRAINT user_api_keys_key_id_fkey');
    await stale.call('setKey', { userId: 'alice' }, 'openai', KEY);
    const naive = await count(`encode(key_id, 'hex') = '${keyIdOf(old)}'`);
    report({
      id: 'R4',
      check: 'retiring a key with a row left; a stale writer afterwards',
      figure: figures({
        byHand,
        attempts,
        'stale writes meanwhile': `${before.stored} stored and ${before.refused} refused`,
        ...after,
        onOldKey,
        'without the reference': naive,
      }),
      bound: '23503; 0 stored after the retirement; without the reference some',
      seed,
    });
    expect(byHand).toBe('23503');
    expect(after).toEqual({ stored: 0, refused: 50 });
    expect(onOldKey).toBe(0);
    expect(naive).toBe(1);
  });

  it('R5: a start with a wrong secret is refused and changes nothing', async () => {
    const starts = SHORT ? 2 : 20;
    const first = await started(SECRET);
    for (let i = 0; i < 50; i++) await first.call('setKey', { userId: `user-${i}` }, 'openai', KEY);
    const hash = async () => {
      const digest = createHash('sha256');
      for (const table of ['user_api_keys', 'byok_keyring', 'byok_retired_keys', 'byok_migrations']) {
        digest.update(JSON.stringify(await database.query(`SELECT t::text, xmin::text FROM ${table} t ORDER BY 1`)));
      }
      return digest.digest('hex');
    };
    const before = await hash();
    let refused = 0;
    for (let i = 0; i < starts; i++) {
      const wrong = Array.from({ length: 1 + (i % 2) }, () => EncryptionService.generateSecret());
      await startInstance({ secret: wrong, db: database.url }, { quiet: true }).then(
        (instance) => instances.push(instance),
        () => refused++,
      );
      const given = { DATABASE_URL: database.url, BYOK_SECRET: wrong.join() };
      for (const command of ['rotate', 'retire']) {
        const { code } = await start(process.execPath, [CLI, command], given).ended;
        if (code === 1) refused++;
      }
    }
    const changed = (await hash()) !== before;
    await (await started(SECRET)).call('setKey', { userId: 'user-0' }, 'openai', KEY);
    const seen = (await hash()) !== before;
    report({
      id: 'R5',
      check: 'a start, rotate and retire with a wrong secret',
      figure: figures({
        tried: starts * 3,
        refused,
        hash: changed ? 'changed' : 'unchanged',
        'after a write': seen ? 'changed' : 'unchanged',
      }),
      bound: 'all refused, the hash of the tables unchanged; a write changes it',
    });
    expect({ refused, changed, seen }).toEqual({ refused: starts * 3, changed: false, seen: true });
  });

  it('R10: instances with clocks ±10 minutes and other time zones agree on what has expired', async () => {
    const seed = seedOf('R10');
    const random = randomFrom(seed);
    const sum = { answers: 0, disagreements: 0, sweptWrongly: 0, naive: 0 };
    for (let i = 0; i < (SHORT ? 2 : 10); i++) {
      const outcome = await askUnderShiftedClocks(database, random);
      for (const name of ['answers', 'disagreements', 'sweptWrongly', 'naive'] as const) sum[name] += outcome[name];
      await database.query('TRUNCATE user_api_keys');
    }
    const { naive, ...own } = sum;
    report({
      id: 'R10',
      check: 'clocks ±10 min, three time zones, 3 processes',
      figure: figures({ ...own, 'by their own clocks': naive }),
      bound: '0 disagreements; own clocks disagree',
      seed,
    });
    expect(own).toMatchObject({ disagreements: 0, sweptWrongly: 0 });
    expect(naive).toBeGreaterThan(20);
  });
});

async function writeAll(instance: Instance, writes: number, tally: { stored: number; refused: number }): Promise<void> {
  await Promise.all(
    Array.from({ length: writes }, (_, i) =>
      instance.call('setKey', { userId: `writer-${i}` }, 'openai', KEY).then(
        () => tally.stored++,
        () => tally.refused++,
      ),
    ),
  );
}
