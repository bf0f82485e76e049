import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type KeyRecord } from '../../lib/entries/storage.js';
import { StorageError } from '../../lib/index.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { inMinutes, makeRecord, openDatabaseStorage } from '../support/storage.js';
import { until } from '../support/until.js';

const OWNERS = 500;
const OPENAI = { provider: 'openai', label: 'default' };

describe.each([{ preparedStatements: true }, { preparedStatements: false }])('Reads of keys with %j', (options) => {
  let database: TestDatabase;
  let opened: Awaited<ReturnType<typeof openDatabaseStorage>>;
  const records = new Map<string, KeyRecord>();

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createDatabase();
    opened = await openDatabaseStorage(database, options);
    await Promise.all(
      Array.from({ length: OWNERS }, async (_, i) => {
        const record = makeRecord('openai', { expiresAt: i % 2 === 0 ? inMinutes(i + 1) : null });
        records.set(`user-${i}`, record);
        await opened.storage.put(scopeOf(`user-${i}`), record, 50);
      }),
    );
  });
  // After many at once, the next is not sent before the turn is over.
  beforeEach(async () => void (await read('user-0')));
  afterAll(async () => {
    await opened.close();
    await database.drop();
  });

  const scopeOf = (id: string) => ({ source: 'database' as const, owner: { kind: 'user' as const, id } });
  const read = async (id: string) => (await opened.storage.read(scopeOf(id), [OPENAI]))[0];

  /** Statements that were sent while `work` ran. */
  async function statements(work: () => Promise<unknown>): Promise<{ name?: string; values: unknown[] }[]> {
    const dataSource = await opened.connection.ready();
    const { master } = dataSource.driver as unknown as { master: { query: (...args: never[]) => unknown } };
    const sent: { name?: string; values: unknown[] }[] = [];
    const query = master.query.bind(master);
    master.query = (...args) => (sent.push(args[0]), query(...args));
    try {
      await work();
    } finally {
      master.query = query;
    }
    return sent;
  }

  /** What the server's connections to this database wait for. */
  async function sessions(condition: string): Promise<number[]> {
    const sql = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND ${condition}`;
    return (await database.query(sql)).map(({ pid }) => pid as number);
  }

  it('give each of 500 owners who ask at once their own, in few statements', async () => {
    let wrong = 0;
    const sent = await statements(() =>
      Promise.all(
        [...records].map(async ([id, record]) => {
          const found = await read(id);
          if (!found?.ciphertext.equals(record.ciphertext)) wrong++;
          if (found?.expiresAt?.getTime() !== record.expiresAt?.getTime()) wrong++;
        }),
      ),
    );
    expect(wrong).toBe(0);
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(sent.length).toBeLessThan(10);
    expect(sent.every(({ name }) => (name !== undefined) === options.preparedStatements)).toBe(true);
  });

  it('leave the removal of what has expired after them to few statements too, which give each owner their own', async () => {
    const owners = Array.from({ length: 200 }, (_, i) => `expired-${i}`);
    const old = { expiresAt: inMinutes(-1) };
    await Promise.all(owners.map((id) => opened.storage.put(scopeOf(id), makeRecord('openai', old), 50)));
    const removed: unknown[] = [];
    const sent = await statements(async () => {
      const asked = [...owners, ...owners, 'nobody'].map((id) => opened.storage.deleteExpired(scopeOf(id)));
      removed.push(...(await Promise.all(asked)));
    });
    expect(removed).toEqual([...owners.map((id) => [{ ...OPENAI, ...scopeOf(id) }]), ...owners.map(() => []), []]);
    expect(sent.length).toBeLessThanOrEqual(2);
  });

  it('mix up nothing where some have none, some several and some strange names', async () => {
    const strange = [`'"; --`, '{a,b}', '\\', 'NULL', '', '鍵🔑', 'user-1\nuser-2'];
    for (const id of strange) await opened.storage.put(scopeOf(id), makeRecord('openai', { hint: id }), 50);
    const asked = [...strange, ...records.keys(), ...Array.from({ length: 200 }, (_, i) => `nobody-${i}`)];
    const slots = [OPENAI, { provider: 'none', label: 'default' }, OPENAI];
    const found = await Promise.all(asked.map((id) => opened.storage.read(scopeOf(id), slots)));
    const rows = await database.query('SELECT owner_id, ciphertext FROM user_api_keys');
    const expected = new Map(rows.map((row) => [row.owner_id, (row.ciphertext as Buffer).toString('hex')]));
    const wrong = asked.filter((id, i) => {
      const [first, none, again] = found[i].map((sealed) => sealed?.ciphertext.toString('hex'));
      return first !== expected.get(id) || none !== undefined || again !== first;
    });
    expect(wrong).toEqual([]);
    expect(expected.size).toBe(OWNERS + strange.length);
  });

  it('send the first at once and let what comes meanwhile travel together', async () => {
    const sent = await statements(async () => {
      const first = read('user-0');
      await Promise.all([first, read('user-1'), read('user-2'), read('user-3')]);
    });
    expect(sent.map(({ values }) => values)).toEqual([
      ['user', 'user-0', 'openai', 'default'],
      [expect.anything(), ['user-1', 'user-2', 'user-3'], expect.anything(), expect.anything()],
    ]);
  });

  it('begin to travel together at once after others have done so', async () => {
    await Promise.all(['user-0', 'user-1', 'user-2'].map(read));
    const sent = await statements(() => Promise.all(['user-3', 'user-4', 'user-5'].map(read)));
    expect(sent.map(({ values }) => values[1])).toEqual([['user-3', 'user-4', 'user-5']]);
  });

  it('are not asked for when nobody waits for them any more', async () => {
    const answers: Promise<unknown>[] = [];
    const sent = await statements(async () => {
      const abandoned = (id: string, isAbandoned: () => boolean) =>
        opened.storage.read(scopeOf(id), [OPENAI], isAbandoned).catch((error: unknown) => error);
      answers.push(
        read('user-0'),
        abandoned('user-1', () => true),
        abandoned('user-2', () => false),
      );
      await Promise.all(answers);
    });
    expect(await Promise.all(answers)).toEqual([
      expect.objectContaining({ ciphertext: records.get('user-0')!.ciphertext }),
      expect.any(StorageError),
      [expect.objectContaining({ ciphertext: records.get('user-2')!.ciphertext })],
    ]);
    expect(sent.map(({ values }) => values[1])).toEqual(['user-0', 'user-2']);
  });

  it('all fail with 503 when their statement fails, and the next start clean', async () => {
    await database.query('ALTER TABLE user_api_keys RENAME TO away');
    const failed = await Promise.allSettled([...records.keys()].map(read));
    await database.query('ALTER TABLE away RENAME TO user_api_keys');
    const reasons = failed.map((result) => (result as PromiseRejectedResult).reason as StorageError);
    expect(reasons.every((reason) => reason instanceof StorageError && reason.code === 'BYOK_UNAVAILABLE')).toBe(true);
    expect(new Set(reasons.map(({ message }) => message))).toEqual(
      new Set(['The storage of keys is unavailable. Try again.']),
    );
    const found = await Promise.all(
      [...records].map(async ([id, { ciphertext }]) => (await read(id))?.ciphertext.equals(ciphertext)),
    );
    expect(found.every(Boolean)).toBe(true);
  });

  it('fail with 503 when their connection is ended, and the next get a new one', async () => {
    // A lock makes the statements wait, so that there is something to end.
    const blocker = database
      .query('BEGIN; LOCK TABLE user_api_keys; SELECT pg_sleep(20)')
      .then(() => undefined, String);
    await until(async () => (await sessions(`wait_event = 'PgSleep'`)).length === 1);
    const waiting = Promise.allSettled([read('user-0'), read('user-1')]);
    await until(async () => (await sessions(`wait_event_type = 'Lock'`)).length === 2);
    const [sleeping] = await sessions(`wait_event = 'PgSleep'`);
    for (const pid of [...(await sessions(`wait_event_type = 'Lock'`)), sleeping]) {
      await database.query('SELECT pg_terminate_backend($1)', [pid]);
    }
    for (const result of await waiting) {
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(StorageError);
    }
    expect(await blocker).toMatch(/terminating connection/);
    expect((await read('user-0'))?.ciphertext).toEqual(records.get('user-0')!.ciphertext);
  });

  it('hand out what was written last, at once', async () => {
    let stale = 0;
    for (let i = 0; i < 100; i++) {
      const record = makeRecord('openai');
      const others = Promise.all([read('user-5'), read('user-6'), read('user-7')]);
      await opened.storage.put(scopeOf('user-5'), record, 50);
      if (!(await read('user-5'))?.ciphertext.equals(record.ciphertext)) stale++;
      await others;
    }
    expect(stale).toBe(0);
  });

  it('decide expiry by the clock of the database', async () => {
    await opened.storage.put(scopeOf('late'), makeRecord('openai', { expiresAt: inMinutes(60) }), 50);
    const realNow = Date.now.bind(Date);
    Date.now = () => realNow() + 2 * 60 * 60_000;
    try {
      expect(await read('late')).toMatchObject({ ciphertext: expect.any(Buffer) });
      expect((await opened.storage.list(scopeOf('late')))[0].expired).toBe(false);
      await database.query(`UPDATE user_api_keys SET expires_at = now() + interval '1 hour' WHERE owner_id = 'late'`);
      Date.now = () => realNow() - 2 * 60 * 60_000;
      await database.query(`UPDATE user_api_keys SET expires_at = now() - interval '1 second' WHERE owner_id = 'late'`);
      expect(await read('late')).toBeNull();
      expect((await opened.storage.list(scopeOf('late')))[0].expired).toBe(true);
    } finally {
      Date.now = realNow;
    }
  });

  it('and writes tell nothing of the database in what they throw', async () => {
    const unknown = makeRecord('openai', { keyId: Buffer.from('ffffffffffffffff', 'hex') });
    const attempts = await Promise.allSettled([
      opened.storage.put(scopeOf('someone'), unknown, 50),
      opened.storage.put(scopeOf('some\0one'), makeRecord('openai'), 50),
      opened.storage.putIfAbsent(scopeOf('someone'), unknown, 50),
      opened.storage.read(scopeOf('some\0one'), [OPENAI]),
      opened.storage.list(scopeOf('some\0one')),
    ]);
    for (const attempt of attempts) {
      const { reason } = attempt as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(StorageError);
      expect(Object.keys(reason as object).sort()).toEqual(['code', 'name']);
      expect(String((reason as Error).message)).toBe('The storage of keys is unavailable. Try again.');
    }
    expect(await opened.storage.read(scopeOf('someone'), [OPENAI])).toEqual([null]);
  });
});
