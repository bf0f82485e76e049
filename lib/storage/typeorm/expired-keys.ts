import { setTimeout as sleep } from 'node:timers/promises';
import { type ByokDatabase, everyRowWritten, type Statement } from '../../database/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type { RemovedKey } from '../key-storage.interface.js';

/** Milliseconds from the end of a statement to the next. */
const PAUSE = 50;
/** Owners in one statement. */
const BATCH = 1_000;

interface Waiting {
  owner: KeyOwner;
  resolve: (removed: RemovedKey[]) => void;
  reject: (error: unknown) => void;
}

/** A row that was removed. @internal */
export interface RemovedRow {
  owner_kind: 'user' | 'session';
  owner_id: string;
  provider: string;
  label: string;
}

/**
 * Removes the expired keys of owners after their requests, many owners in one statement: one for each would cost a
 * busy application as much as its reads do.
 *
 * @internal
 */
export class ExpiredKeys {
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;
  readonly #statement: Omit<Statement, 'values'>;

  constructor(
    private readonly database: ByokDatabase,
    table: string,
  ) {
    // What another instance removes or replaces at this moment needs no removal: so nobody waits, and nobody deadlocks.
    this.#statement = {
      name: `byok_delete_expired_${table}`,
      text: everyRowWritten(
        `"${table}"`,
        `DELETE FROM "${table}" k USING (
          SELECT owner_kind, owner_id, provider, label
          FROM unnest($1::text[], $2::text[]) AS o (owner_kind, owner_id)
          JOIN "${table}" USING (owner_kind, owner_id)
          WHERE expires_at <= now() FOR UPDATE SKIP LOCKED
        ) AS old
        WHERE k.owner_kind = old.owner_kind AND k.owner_id = old.owner_id AND k.provider = old.provider AND k.label = old.label
        RETURNING k.owner_kind, k.owner_id, k.provider, k.label`,
      ),
    };
    database.beforeClose(async () => this.#working);
  }

  /** @throws StorageError */
  delete(owner: KeyOwner): Promise<RemovedKey[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ owner, resolve, reject });
      this.#working ??= this.#work().finally(() => (this.#working = undefined));
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#send(this.#waiting.splice(0, BATCH));
      await sleep(PAUSE);
    }
  }

  async #send(batch: Waiting[]): Promise<void> {
    try {
      const values = [batch.map(({ owner }) => owner.kind), batch.map(({ owner }) => owner.id)];
      const removed = (await this.database.query<RemovedRow>({ ...this.#statement, values })).map(toRemovedKey);
      for (const { owner, resolve } of batch) resolve(takeFrom(removed, owner));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

/** Each key once, also where an owner waits twice. */
function takeFrom(removed: RemovedKey[], { kind, id }: KeyOwner): RemovedKey[] {
  const own: RemovedKey[] = [];
  for (let i = removed.length - 1; i >= 0; i--) {
    if (removed[i].owner.kind === kind && removed[i].owner.id === id) own.unshift(...removed.splice(i, 1));
  }
  return own;
}

/** @internal */
export function toRemovedKey({ owner_kind: kind, owner_id: id, provider, label }: RemovedRow): RemovedKey {
  return { provider, label, owner: { kind, id }, source: 'database' };
}
