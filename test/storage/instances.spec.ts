import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoredKey } from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { startInstance, type Instance } from '../support/instances.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const MINUTE = 60_000;
const ALICE = { userId: 'alice' };

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
    // What is written to a row is ordered by its lock, so this is the order of the commits.
    await database.query('CREATE TABLE audit (n serial, ciphertext bytea, fingerprint bytea)');
    await database.query(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO audit (ciphertext, fingerprint) VALUES (NEW.ciphertext, NEW.fingerprint); RETURN NULL; END $$`);
    await database.query(
      'CREATE TRIGGER note AFTER INSERT OR UPDATE ON user_api_keys FOR EACH ROW EXECUTE FUNCTION note()',
    );

    const keys = Array.from({ length: 64 }, (_, i) => `test-key-of-writer-${String(i).padStart(3, '0')}`);
    const written = await Promise.allSettled(
      keys.map((key, i) => instances[i % 2].call<StoredKey>('setKey', ALICE, 'openai', key)),
    );
    expect(written.filter(({ status }) => status === 'rejected')).toEqual([]);

    const [row, ...others] = await database.query('SELECT ciphertext, fingerprint FROM user_api_keys');
    expect(others).toEqual([]);
    const audit = await database.query('SELECT ciphertext, fingerprint FROM audit ORDER BY n');
    expect(audit).toHaveLength(64);
    expect(row).toEqual(audit.at(-1));
    const answers = written.map((answer) => (answer as PromiseFulfilledResult<StoredKey>).value.fingerprint);
    const last = keys[answers.indexOf((row.fingerprint as Buffer).toString('hex'))];
    expect(await Promise.all(instances.map((instance) => instance.call('getKey', ALICE, 'openai')))).toEqual([
      last,
      last,
    ]);

    await Promise.all(instances.map((instance) => instance.stop()));
    const statistics = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()';
    expect(await database.query(statistics)).toEqual([{ deadlocks: 0 }]);
  });

  it('agree on what has expired, with clocks 20 minutes apart and in any time zone', async () => {
    const options = { secret: SECRET, db: database.url, maxKeysPerUser: 200, cleanup: { sweepEvery: null } };
    instances = await Promise.all([
      startInstance(options, { shift: -10 * MINUTE, zone: 'Pacific/Kiritimati' }),
      startInstance(options, { shift: 10 * MINUTE, zone: 'America/St_Johns' }),
      startInstance(options, { zone: 'Asia/Kathmandu' }),
    ]);
    const [slow, fast] = instances;

    // The slow clock takes for future what is past already; the fast one writes the rest.
    const now = Date.now();
    const minutes = Array.from({ length: 36 }, (_, i) => (i - 18) / 2).filter((m) => m !== 0);
    const providers = minutes.map((m, i) => `p${i}.${m < 0 ? 'past' : 'future'}`);
    await Promise.all(
      minutes.map((m, i) =>
        slow.call('setKey', ALICE, providers[i], `test-key-${i}-0123456789`, { expiresAt: now + m * MINUTE }),
      ),
    );
    const later = Array.from({ length: 10 }, (_, i) => `later${i}`);
    await Promise.all(
      later.map((provider, i) =>
        fast.call('setKey', ALICE, provider, `test-key-${i}-0123456789`, { expiresAt: now + (11 + i) * MINUTE }),
      ),
    );

    const all = [...providers, ...later];
    const expected = all.map((provider) => !provider.endsWith('past'));
    const [{ alive }] = await database.query(
      'SELECT count(*)::int AS alive FROM user_api_keys WHERE expires_at > now()',
    );
    expect(alive).toBe(expected.filter(Boolean).length);

    let disagreements = 0;
    let naive = 0;
    for (const instance of instances) {
      const listed = await instance.call<StoredKey[]>('listKeys', ALICE);
      const clock = await instance.now();
      for (const [i, provider] of all.entries()) {
        const [has, key] = await Promise.all([
          instance.call<boolean>('hasKey', ALICE, provider),
          instance.call<string | null>('getKey', ALICE, provider),
        ]);
        const { status, expiresAt } = listed.find((stored) => stored.provider === provider)!;
        const answers = [has, key !== null, status === 'active'];
        disagreements += answers.filter((answer) => answer !== expected[i]).length;
        if (new Date(expiresAt!).getTime() > clock !== expected[i]) naive++;
      }
    }
    expect(disagreements).toBe(0);
    // Had each asked its own clock, they would disagree.
    expect(naive).toBeGreaterThan(20);

    expect(await fast.call('deleteExpired')).toBe(
      providers.length - expected.slice(0, providers.length).filter(Boolean).length,
    );
    expect(await slow.call<string[]>('listProviders', ALICE)).toHaveLength(alive);
  });
});
