import { setTimeout as sleep } from 'node:timers/promises';
import { type ByokDatabase, everyRow, type Partition, partitionsOf } from '../../database/index.js';
import type { RemovedKey } from '../key-storage.interface.js';
import { type RemovedRow, toRemovedKey } from './expired-keys.js';

/** Expired rows removed in one statement: one that takes a millisecond or two. */
const BATCH = 100;
/** How much longer than a batch the pause after it is: nobody waits for a sweep, and others want the database. */
const REST = 4;
/** Milliseconds that a pause has at most: a batch may have waited for something that holds the table. */
const LONGEST_REST = 500;
/** Any number, the same in every instance. */
const LOCK = 7_267_003;

interface Swept {
  /** Whether nobody else was at it. */
  free: boolean;
  /** As JSON. */
  removed: string;
}

/**
 * Removes everybody's expired rows, batch by batch, and tells each batch when it is removed.
 *
 * @param ifFree - Ends where another instance is at it, which holds a lock for the time of each batch. It is one of the
 * transaction, which a pooler leaves where it belongs, and goes with an instance that dies. One that comes in a pause
 * sweeps too, until their batches meet: then one of them ends.
 * @throws StorageError
 * @internal
 */
export async function* sweepExpired(
  database: ByokDatabase,
  table: string,
  ifFree: boolean,
): AsyncGenerator<RemovedKey[], void, undefined> {
  // On all partitions at once, each batch would take ten times as long.
  for (const part of await partitionsOf(database, table)) {
    const statement = sweepOf(part);
    for (let count = BATCH; count === BATCH;) {
      const begun = performance.now();
      const [{ free, removed: json }] = await database.query<Swept>({ ...statement, values: [BATCH, ifFree, table] });
      if (!free) return;
      const removed = JSON.parse(json) as RemovedRow[];
      count = removed.length;
      const took = performance.now() - begun;
      if (count > 0) yield removed.map(toRemovedKey);
      if (count === BATCH) await sleep(Math.min(REST * took, LONGEST_REST));
    }
  }
}

function sweepOf({ id, name }: Partition): { name: string; text: string } {
  return {
    name: `byok_sweep_${id}`,
    text: `WITH lock AS MATERIALIZED (
        SELECT NOT $2::boolean OR pg_try_advisory_xact_lock(hashtextextended($3::text, ${LOCK})) AS free
      ), old AS MATERIALIZED (
        SELECT owner_kind, owner_id, provider, label FROM ${name}
        WHERE expires_at <= now() AND (SELECT free FROM lock)
        ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
      ), removed AS (
        DELETE FROM ${name} k USING old
        WHERE k.owner_kind = old.owner_kind AND k.owner_id = old.owner_id AND k.provider = old.provider AND k.label = old.label
        RETURNING k.owner_kind, k.owner_id, k.provider, k.label
      )
      SELECT free, (SELECT coalesce(json_agg(removed), '[]')::text FROM removed) AS removed FROM lock
      LIMIT ${everyRow(name)}`,
  };
}
