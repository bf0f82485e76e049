import { setTimeout as sleep } from 'node:timers/promises';
import { type ByokService, EncryptionService, type RotationResult, RotationService } from '../../lib/index.js';
import { startByok } from './byok-app.js';
import { createDatabase, type TestDatabase } from './postgres.js';
import { startRunner } from './rotation-runner.js';
import { apiKeyOf, insertSealedRows, sealWith, userId } from './sealed-rows.mjs';
import { randomFrom } from './seeds.js';
import { until } from './until.js';

export interface Race {
  rows: number;
  writers: number;
  batchSize: number;
  /** Milliseconds that the writers write at least, so that they meet the rotation. */
  writeFor: number;
  /** Writes that must be made before the writers stop, however slow the machine is. */
  minWrites: number;
  seed: number;
}

export interface RaceOutcome {
  writes: number;
  failedWrites: number;
  /** Rows that hold something else than what was acknowledged last. */
  lost: number;
  onOldKey: number;
  unreadable: number;
  deadlocks: number;
  results: RotationResult[];
}

type Rotation = (stage: {
  database: TestDatabase;
  secrets: [string, string];
  batchSize: number;
  writersEnd: Promise<void>;
}) => Promise<RotationResult[]>;

/** Two runners, one in this process and one in its own, until nothing is left. */
export const twoRunners: Rotation = async ({ database, secrets, batchSize }) => {
  const options = { secret: secrets, db: database.url };
  const runner = startRunner(options, { batchSize });
  const here = await startByok(options);
  try {
    return await Promise.all([here.app.get(RotationService).rotate({ batchSize }), runner.result]);
  } finally {
    await here.close();
  }
};

/** What one writes without thinking of writers: reads a page, and writes it by its primary key. */
export const readThenWrite: Rotation = async ({ database, secrets, batchSize, writersEnd }) => {
  const encryption = new EncryptionService(secrets);
  let ended = false;
  void writersEnd.then(() => (ended = true));
  for (let last = false; !last;) {
    last = ended;
    for (let after = ''; ;) {
      const rows = await database.query(
        'SELECT owner_id, ciphertext, key_id FROM user_api_keys WHERE owner_id > $1 ORDER BY owner_id LIMIT $2',
        [after, batchSize],
      );
      if (rows.length === 0) break;
      after = rows.at(-1)!.owner_id;
      const old = rows.filter(({ key_id }) => !encryption.keyId.equals(key_id as Buffer));
      await database.query(
        `UPDATE user_api_keys k SET ciphertext = q.ciphertext, key_id = $3
         FROM unnest($1::text[], $2::bytea[]) AS q(owner_id, ciphertext) WHERE k.owner_id = q.owner_id`,
        [
          old.map(({ owner_id }) => owner_id),
          old.map(({ owner_id, ciphertext }) => encryption.reencrypt(ciphertext, contextOf(owner_id))),
          encryption.keyId,
        ],
      );
    }
  }
  return [];
};

/** Writers, half of them with the old secret in front still, change keys while they are rotated. */
export async function race(
  { rows, writers, batchSize, writeFor, minWrites, seed }: Race,
  rotate: Rotation,
): Promise<RaceOutcome> {
  const database = await createDatabase();
  const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
  const late = await startByok({ secret: [old, fresh], db: database.url, cleanup: { sweepEvery: null } });
  const ahead = await startByok({ secret: [fresh, old], db: database.url, cleanup: { sweepEvery: null } });
  try {
    await insertSealedRows({ url: database.url, rows, seal: sealWith(new EncryptionService(old)) });
    const acknowledged = Array.from({ length: rows }, (_, n) => apiKeyOf(userId(n)));
    const stop = new AbortController();
    const counters = { writes: 0, failedWrites: 0 };
    const writing = Promise.all(
      Array.from({ length: writers }, (_, w) =>
        write(w % 2 ? ahead.byok : late.byok, acknowledged, [w, writers], randomFrom(seed + w), stop.signal, counters),
      ),
    ).then(() => undefined);
    const rotating = rotate({ database, secrets: [fresh, old], batchSize, writersEnd: writing });
    await Promise.all([sleep(writeFor), until(() => counters.writes + counters.failedWrites > minWrites)]);
    stop.abort();
    await writing;
    const results = await rotating;
    return { ...counters, ...(await inspect(database, fresh, acknowledged)), results };
  } finally {
    await Promise.all([late.close(), ahead.close()]);
    await database.drop();
  }
}

/** Changes keys of its own users, so that it knows which was acknowledged last. */
async function write(
  byok: ByokService,
  acknowledged: string[],
  [first, step]: [number, number],
  random: () => number,
  signal: AbortSignal,
  counters: { writes: number; failedWrites: number },
): Promise<void> {
  const own = Math.floor((acknowledged.length - first - 1) / step) + 1;
  for (let i = 0; !signal.aborted; i++) {
    const n = first + step * Math.floor(random() * own);
    const key = `an-example-of-an-api-key-written-${first}-${i}`;
    try {
      await byok.setKey({ userId: userId(n) }, 'openai', key);
      acknowledged[n] = key;
      counters.writes++;
    } catch {
      counters.failedWrites++;
    }
  }
}

async function inspect(database: TestDatabase, secret: string, acknowledged: string[]) {
  const encryption = new EncryptionService(secret);
  const found = { lost: 0, onOldKey: 0, unreadable: 0 };
  const rows = await database.query('SELECT owner_id, ciphertext, key_id FROM user_api_keys ORDER BY owner_id');
  if (rows.length !== acknowledged.length) throw new Error(`There are ${rows.length} rows.`);
  for (const [n, { owner_id, ciphertext, key_id }] of rows.entries()) {
    if (!encryption.keyId.equals(key_id)) found.onOldKey++;
    try {
      const { key } = JSON.parse(encryption.decrypt(ciphertext, contextOf(owner_id))) as { key: string };
      if (key !== acknowledged[n]) found.lost++;
    } catch {
      found.unreadable++;
    }
  }
  const [{ deadlocks }] = await database.query(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  return { ...found, deadlocks: deadlocks as number };
}

function contextOf(ownerId: string) {
  return {
    purpose: 'database',
    ownerKind: 'user',
    ownerId,
    provider: 'openai',
    label: 'default',
    expiresAt: null,
  } as const;
}
