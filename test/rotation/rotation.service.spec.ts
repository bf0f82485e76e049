import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ByokDatabase } from '../../lib/database/index.js';
import {
  type ByokEvent,
  type ByokModuleOptions,
  ConfigurationError,
  EncryptionService,
  InvalidInputError,
  type RotationProgress,
  RotationService,
} from '../../lib/index.js';
import { BEGINNING, RotationQueries } from '../../lib/rotation/rotation-queries.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { startRunner } from '../support/rotation-runner.js';
import { apiKeyOf, insertSealedRows, sealWith, userId } from '../support/sealed-rows.mjs';

const KEY = 'an-example-of-an-api-key-1f9c';
const ALICE = { userId: 'alice' };
const LONGEST = Buffer.alloc(1024 * 1024);
const FIELDS = { endpoint: 'https://an.example/"quoted"', note: 'back\\slash' };

describe('RotationService', () => {
  let database: TestDatabase;
  let apps: ByokApp[];
  let [old, fresh] = ['', ''];

  beforeEach(async () => {
    database = await createDatabase();
    apps = [];
    [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(secret: string | string[], options: Partial<ByokModuleOptions> = {}) {
    const app = await startByok({ secret, db: database.url, cleanup: { sweepEvery: null }, ...options });
    apps.push(app);
    return { byok: app.byok, rotation: app.app.get(RotationService), app };
  }

  const idOf = (secret: string) => new EncryptionService(secret).keyId.toString('hex');
  const fill = (rows: number) =>
    insertSealedRows({ url: database.url, rows, seal: sealWith(new EncryptionService(old)) });
  const table = () => database.query('SELECT * FROM user_api_keys ORDER BY owner_id, provider, label');
  const onKey = async (secret: string) =>
    (
      await database.query(`SELECT count(*)::int FROM user_api_keys WHERE encode(key_id, 'hex') = $1`, [idOf(secret)])
    )[0].count as number;
  const breakRow = (n: number) =>
    database.query('UPDATE user_api_keys SET ciphertext = overlay(ciphertext PLACING $1 FROM 80) WHERE owner_id = $2', [
      Buffer.alloc(4),
      userId(n),
    ]);

  it('moves every row to the first secret and leaves the rest of it as it was', async () => {
    const before = await start(old);
    await before.byok.setKey(ALICE, 'openai', KEY);
    await before.byok.setKey(ALICE, 'openai', KEY, { label: 'with, "marks" {and} \\ slashes', fields: FIELDS });
    await before.byok.setKey(ALICE, 'openai', KEY, { label: 'NULL', expiresAt: new Date(Date.now() + 3_600_000) });
    await before.byok.setKey(ALICE, 'openai', KEY, { label: 'expired', ttl: 1 });
    await database.query(`UPDATE user_api_keys SET last_used_at = '2026-03-03', updated_at = '2026-02-02'`);
    const was = await table();

    const { byok, rotation } = await start([fresh, old]);
    const result = await rotation.rotate();
    expect(result).toEqual({
      rotated: 4,
      remaining: 0,
      changedMeanwhile: 0,
      unreadable: [],
      unreadableCount: 0,
      durationMs: expect.any(Number),
      aborted: false,
    });

    const is = await table();
    const { keyId, fingerprint } = {
      keyId: idOf(fresh),
      fingerprint: new EncryptionService(fresh).fingerprint('openai', KEY),
    };
    for (const [i, row] of is.entries()) {
      const { ciphertext, ...rest } = row;
      expect(ciphertext).not.toEqual(was[i].ciphertext);
      expect(rest).toEqual({ ...was[i], ciphertext: undefined, key_id: Buffer.from(keyId, 'hex'), fingerprint });
    }
    const label = 'with, "marks" {and} \\ slashes';
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    expect((await byok.resolveKey(ALICE, 'openai', { label }))?.fields).toEqual(FIELDS);
    expect(await byok.getKey(ALICE, 'openai', { label: 'NULL' })).toBe(KEY);
    expect(await byok.getKey(ALICE, 'openai', { label: 'expired' })).toBeNull();
    expect(await rotation.verify()).toMatchObject({ ok: true, rows: 4, onOldKey: 0 });

    expect((await rotation.rotate()).rotated).toBe(0);
    expect(await table()).toEqual(is);
    // The old secret is needed no more.
    expect(await (await start(fresh)).byok.getKey(ALICE, 'openai')).toBe(KEY);
  });

  it('reports rows that do not open, and lets them be', async () => {
    const lost = EncryptionService.generateSecret();
    await (await start(lost)).byok.setKey(ALICE, 'openai', KEY);
    await start([old, lost]);
    await fill(300);
    await breakRow(7);
    const { rotation } = await start([fresh, old, lost]);
    const other = await start([fresh, old, lost]);
    // The secret is lost while the application runs: a start without it would be refused.
    const encryption = new EncryptionService([fresh, old]);
    Object.assign(rotation, { encryption });

    const result = await rotation.rotate({ batchSize: 20 });
    expect(result).toMatchObject({ rotated: 299, remaining: 2, unreadableCount: 2, aborted: false });
    expect(result.unreadable).toEqual([
      { owner: { kind: 'user', id: 'alice' }, provider: 'openai', label: 'default', keyId: idOf(lost) },
      { owner: { kind: 'user', id: userId(7) }, provider: 'openai', label: 'default', keyId: idOf(old) },
    ]);
    expect(await other.byok.getKey(ALICE, 'openai')).toBe(KEY);
    const { ok, unreadableCount, onOldKey } = await rotation.verify({ batchSize: 50 });
    expect({ ok, unreadableCount, onOldKey }).toEqual({ ok: false, unreadableCount: 2, onOldKey: 2 });
    expect(await rotation.status()).toMatchObject({ unreadable: 1, rows: 301 });
    expect((await other.rotation.rotate()).rotated).toBe(1);
  });

  it('passes over a row that is too long to be read, or whose expiry is no moment', async () => {
    await start(old);
    await fill(20);
    await database.query(`UPDATE user_api_keys SET expires_at = 'infinity' WHERE owner_id = $1`, [userId(3)]);
    await database.query(`UPDATE user_api_keys SET expires_at = '-infinity' WHERE owner_id = $1`, [userId(4)]);
    // The longest record, and one byte more.
    await database.query('UPDATE user_api_keys SET ciphertext = $1 WHERE owner_id = $2', [LONGEST, userId(5)]);
    await database.query(`UPDATE user_api_keys SET ciphertext = $1::bytea || '\\x00' WHERE owner_id = $2`, [
      LONGEST,
      userId(6),
    ]);
    const { rotation, app } = await start([fresh, old]);
    const queries = new RotationQueries(app.app.get(ByokDatabase, { strict: false }), 'user_api_keys');
    const [part] = await queries.parts();
    const { count, sealed } = await queries.page(part, BEGINNING, 20, null);
    expect(count).toBe(20);
    expect(sealed.length).toBeGreaterThan(LONGEST.length);
    expect(sealed.length).toBeLessThan(LONGEST.length + 20 * 1_000);

    const { rotated, remaining, unreadable } = await rotation.rotate();
    expect({ rotated, remaining }).toEqual({ rotated: 16, remaining: 4 });
    expect(unreadable.map(({ owner }) => owner.id)).toEqual([3, 4, 5, 6].map(userId));
    expect(await rotation.verify()).toMatchObject({ rows: 20, unreadableCount: 4, onOldKey: 4 });
  });

  it('names a hundred of them and counts all', async () => {
    await start(old);
    await fill(150);
    await database.query(`UPDATE user_api_keys SET ciphertext = '\\x00'`);
    const { rotation } = await start([fresh, old]);
    const { unreadable, unreadableCount, rotated } = await rotation.rotate({ batchSize: 40 });
    expect({ named: unreadable.length, unreadableCount, rotated }).toEqual({
      named: 100,
      unreadableCount: 150,
      rotated: 0,
    });
    expect(new Set(unreadable.map(({ owner }) => owner.id)).size).toBe(100);
    expect(await onKey(old)).toBe(150);
  });

  it('tells how far it is, stops when asked to, and goes on from there', async () => {
    await start(old);
    await fill(1_000);
    const { rotation } = await start([fresh, old]);
    const stop = new AbortController();
    const told: RotationProgress[] = [];
    const first = await rotation.rotate({
      batchSize: 50,
      concurrency: 2,
      signal: stop.signal,
      onProgress: (progress) => {
        told.push(progress);
        if (told.length === 5) stop.abort();
        throw new Error('a listener failed');
      },
    });
    expect(told[0]).toEqual({
      rotated: 50,
      changedMeanwhile: 0,
      unreadable: 0,
      total: 1_000,
      pass: 1,
      elapsedMs: expect.any(Number),
    });
    expect(first.aborted).toBe(true);
    expect(first.rotated).toBeGreaterThanOrEqual(250);
    expect(first.rotated).toBeLessThanOrEqual(350);
    expect(first.remaining).toBe(1_000 - first.rotated);
    expect(await onKey(fresh)).toBe(first.rotated);

    const second = await rotation.rotate({ batchSize: 50 });
    expect(second).toMatchObject({ rotated: 1_000 - first.rotated, remaining: 0, aborted: false });
    expect(await rotation.rotate({ signal: AbortSignal.abort() })).toMatchObject({ rotated: 0, aborted: true });
  });

  it('ends with the application', async () => {
    await start(old);
    await fill(1_000);
    const { rotation, app } = await start([fresh, old]);
    const rotating = rotation.rotate({ batchSize: 10, concurrency: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await app.close();
    const { aborted, rotated } = await rotating;
    expect({ aborted, all: rotated === 1_000 }).toEqual({ aborted: true, all: false });
    expect(await onKey(fresh)).toBe(rotated);
  });

  it('writes nothing in a trial', async () => {
    await start(old);
    await fill(100);
    await breakRow(3);
    const { rotation } = await start([fresh, old]);
    const before = await table();
    expect(await rotation.rotate({ dryRun: true })).toMatchObject({ rotated: 99, unreadableCount: 1, remaining: 100 });
    expect(await table()).toEqual(before);
  });

  it('does the same in worker threads of the built library', async () => {
    await start(old);
    await fill(500);
    await breakRow(3);
    const runner = startRunner({ secret: [fresh, old], db: database.url }, { batchSize: 100 });
    const result = await runner.result;
    expect(result).toMatchObject({ rotated: 499, remaining: 1, unreadableCount: 1 });
    expect(result.unreadable.map(({ owner }) => owner.id)).toEqual([userId(3)]);
    await runner.ended;
    const { byok } = await start([fresh, old]);
    for (const n of [0, 250, 499]) expect(await byok.getKey({ userId: userId(n) }, 'openai')).toBe(apiKeyOf(userId(n)));
  });

  it('tells onEvent of each row, once', async () => {
    await start(old);
    await fill(100);
    const events: ByokEvent[] = [];
    const { rotation } = await start([fresh, old], { onEvent: (event) => void events.push(event) });
    await rotation.rotate({ batchSize: 30 });
    expect(events).toHaveLength(100);
    expect(new Set(events.map(({ owner }) => owner.id)).size).toBe(100);
    expect(events[0]).toEqual({
      type: 'rotated',
      at: expect.any(Date),
      owner: { kind: 'user', id: expect.stringMatching(/^user-/) },
      source: 'database',
      provider: 'openai',
      label: 'default',
      keyId: idOf(fresh),
    });
  });

  it('waits for no lock, so that it is in no deadlock, and comes back to the row', async () => {
    await start(old);
    await fill(100);
    const { rotation } = await start([fresh, old]);
    const somebody = await lockingClient();
    try {
      await somebody.query('BEGIN');
      await somebody.query('UPDATE user_api_keys SET last_used_at = now() WHERE owner_id = $1', [userId(90)]);
      let firstPass!: () => void;
      const seen = new Promise<void>((resolve) => (firstPass = resolve));
      const rotating = rotation.rotate({ onProgress: ({ changedMeanwhile }) => changedMeanwhile > 0 && firstPass() });
      await seen;
      // Rows that the rotation has written, in the order that would be a deadlock with one that waits.
      await somebody.query('UPDATE user_api_keys SET last_used_at = now() WHERE owner_id = $1', [userId(10)]);
      await somebody.query('COMMIT');
      expect(await rotating).toMatchObject({ rotated: 100, remaining: 0 });
    } finally {
      await somebody.end();
    }
    expect(await rotation.verify()).toMatchObject({ ok: true, rows: 100 });
  });

  it('would be in one if it waited, which shows that the check sees', async () => {
    await start(old);
    await fill(100);
    const [somebody, waiting] = [await lockingClient(), await lockingClient()];
    try {
      await somebody.query('BEGIN');
      await somebody.query('UPDATE user_api_keys SET last_used_at = now() WHERE owner_id = $1', [userId(90)]);
      const all = waiting.query('UPDATE user_api_keys SET fingerprint = fingerprint').then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      const other = somebody
        .query('UPDATE user_api_keys SET last_used_at = now() WHERE owner_id = $1', [userId(10)])
        .then(
          () => 'done',
          (error: { code: string }) => error.code,
        );
      const outcome = await Promise.race([all, other]);
      expect(outcome).toBe('40P01');
    } finally {
      await Promise.all([somebody.end(), waiting.end()]);
    }
  });

  it('tells which key seals what', async () => {
    await (await start(old)).byok.setKey(ALICE, 'openai', KEY);
    await (await start(old)).byok.setKey(ALICE, 'a', KEY, { ttl: 1 });
    const { byok, rotation } = await start([fresh, old]);
    await byok.setKey({ userId: 'bob' }, 'openai', KEY);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const keyOf = (secret: string, state: string, rows: number) => ({
      keyId: idOf(secret),
      state,
      rows,
      secretKnown: true,
      retiredAt: null,
    });
    expect(await rotation.status()).toEqual({
      current: idOf(fresh),
      keys: [keyOf(fresh, 'current', 1), keyOf(old, 'old', 2)],
      rows: 3,
      expired: 1,
      expiring: 0,
      unreadable: 0,
      providers: [
        { provider: 'a', rows: 1, expired: 1, expiring: 0, unreadable: 0 },
        { provider: 'openai', rows: 2, expired: 0, expiring: 0, unreadable: 0 },
      ],
      tableBytes: expect.any(Number),
    });
    await rotation.rotate();
    expect((await rotation.status()).keys).toEqual([keyOf(fresh, 'current', 3), keyOf(old, 'old', 0)]);
  });

  it('sees what its row says wrongly', async () => {
    const { byok, rotation } = await start([fresh, old]);
    await start(old);
    await byok.setKey(ALICE, 'openai', KEY);
    await database.query('UPDATE user_api_keys SET key_id = $1', [Buffer.from(idOf(old), 'hex')]);
    expect(await rotation.verify()).toMatchObject({ ok: false, onOldKey: 1, unreadableCount: 0 });
    expect(await rotation.rotate()).toMatchObject({ rotated: 1, remaining: 0 });
    expect(await rotation.verify()).toMatchObject({ ok: true });

    // The other way round, no row is left that would keep the old key from being retired.
    await fill(3);
    await database.query('UPDATE user_api_keys SET key_id = $1', [Buffer.from(idOf(fresh), 'hex')]);
    await breakRow(2);
    expect(await rotation.verify()).toMatchObject({ ok: false, onOldKey: 3, unreadableCount: 1 });
    expect(await rotation.rotate()).toMatchObject({ rotated: 2, remaining: 0, unreadableCount: 1 });
    expect(await rotation.verify()).toMatchObject({ ok: false, onOldKey: 1, unreadableCount: 1 });
    expect(await rotation.rotate({ dryRun: true })).toMatchObject({ rotated: 0, unreadableCount: 1 });
  });

  it('refuses options out of their range', async () => {
    const { rotation } = await start(old);
    for (const options of [{ batchSize: 0 }, { batchSize: 10_001 }, { batchSize: 1.5 }, { concurrency: 17 }]) {
      await expect(rotation.rotate(options)).rejects.toThrow(InvalidInputError);
    }
  });

  it('says that keys in sessions are another matter', async () => {
    const { rotation } = await start(old, { db: undefined, storage: 'session' });
    await expect(rotation.rotate()).rejects.toThrow(ConfigurationError);
    await expect(rotation.verify()).rejects.toThrow(ConfigurationError);
    await expect(rotation.status()).rejects.toThrow(ConfigurationError);
    await expect(rotation.retire('00'.repeat(8))).rejects.toThrow(ConfigurationError);
  });

  async function lockingClient() {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return client;
  }
});
