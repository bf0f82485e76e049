import {
  ANSWER_WITHIN,
  type ByokDatabase,
  epochMs,
  everyRow,
  type Statement,
  toDateOrNull,
} from '../../database/index.js';
import { readChannel, traced } from '../../diagnostics/index.js';
import { ByokError, StorageError } from '../../errors/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type { FoundKey, KeyQuery } from '../key-storage.interface.js';
import { byPreference, isAlive } from './default-key.js';
import { doubtOf } from './verdict.js';

/** Statements under way at once: enough to keep Postgres busy, few enough for reads to meet in one. */
const MAX_STATEMENTS = 2;
/** Milliseconds after which a statement no longer counts as one of them: others do not wait behind it. */
const SLOW = 100;
/** Slow ones included. */
const MAX_WITH_SLOW = 8;
/** Slots in one statement, which bounds what one slow statement can hold up. */
const MAX_SLOTS = 256;

interface Row {
  n?: string;
  label: string;
  ciphertext: Buffer;
  expires: string | null;
  doubt: FoundKey['doubt'];
}

interface PendingRead {
  owners: readonly KeyOwner[];
  /** Asked for each owner. */
  queries: readonly KeyQuery[];
  isAbandoned: (() => boolean) | undefined;
  /** By `performance.now()`. */
  since: number;
  resolve: (found: (FoundKey | null)[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Reads keys for guarded requests. There is no cache; reads are cheap because they travel together: the first goes
 * out at once, those that arrive while it is under way share the next statement.
 *
 * @internal
 */
export class BatchedKeyReader {
  #pending: PendingRead[] = [];
  #underWay = 0;
  #slow = 0;
  #scheduled = false;
  /** Reads in the last statement. */
  #lastCount = 0;
  readonly #one: Omit<Statement, 'values'>;
  readonly #many: Omit<Statement, 'values'>;

  constructor(
    private readonly database: ByokDatabase,
    tableName: string,
  ) {
    const columns = `k.label, k.ciphertext, ${epochMs('k.expires_at', 'expires')}, ${doubtOf('k')} AS doubt`;
    const table = `"${tableName}"`;
    // Without a label, the default key of the provider. By the first three columns of the primary key either way.
    this.#one = {
      name: `byok_one_${tableName}`,
      text: `SELECT ${columns} FROM ${table} k
        WHERE k.owner_kind = $1 AND k.owner_id = $2 AND k.provider = $3 AND ($4::text IS NULL OR k.label = $4)
          AND ${isAlive('k')}
        ORDER BY ${byPreference('k')} LIMIT ${everyRow(table, '1')}`,
    };
    // From sub-selects, which hide from the planner how many there are: else Postgres plans each small batch anew, which
    // takes longer than to run it, and tens of times longer on a table of partitions. LIMIT has it look for each by the
    // primary key, in its partition alone, whatever the planner thinks of the table.
    const column = (n: number) => `(SELECT $${n}::text[])`;
    this.#many = {
      name: `byok_many_${tableName}`,
      text: `SELECT q.n, found.*
        FROM unnest(${[1, 2, 3, 4].map(column).join(', ')}) WITH ORDINALITY AS q(owner_kind, owner_id, provider, label, n)
        CROSS JOIN LATERAL (
          SELECT ${columns} FROM ${table} k
          WHERE k.owner_kind = q.owner_kind AND k.owner_id = q.owner_id AND k.provider = q.provider
            AND (q.label IS NULL OR k.label = q.label) AND ${isAlive('k')}
          ORDER BY ${byPreference('k')} LIMIT 1
        ) AS found LIMIT ${everyRow(table)}`,
    };
  }

  /**
   * The record of each slot in turn, `null` for none or an expired one.
   *
   * @throws StorageError also where it was abandoned before it could be asked for
   */
  read(owner: KeyOwner, queries: readonly KeyQuery[], isAbandoned?: () => boolean): Promise<(FoundKey | null)[]> {
    return this.#read([owner], queries, isAbandoned);
  }

  /** The same for several owners, in one statement. @throws StorageError */
  async readAcross(
    owners: readonly KeyOwner[],
    queries: readonly KeyQuery[],
    isAbandoned?: () => boolean,
  ): Promise<(FoundKey | null)[][]> {
    if (owners.length === 0) return [];
    const found = await this.#read(owners, queries, isAbandoned);
    return owners.map((_, i) => found.slice(i * queries.length, (i + 1) * queries.length));
  }

  #read(
    owners: readonly KeyOwner[],
    queries: readonly KeyQuery[],
    isAbandoned: (() => boolean) | undefined,
  ): Promise<(FoundKey | null)[]> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ owners, queries, isAbandoned, since: performance.now(), resolve, reject });
      // Where several travelled together, more of this turn are likely to come.
      if (this.#underWay === 0 && this.#lastCount <= 1) this.#send();
      else if (this.#mayStart()) this.#schedule();
    });
  }

  #mayStart(): boolean {
    return this.#underWay - this.#slow < MAX_STATEMENTS && this.#underWay < MAX_WITH_SLOW;
  }

  /** At the end of the turn, so that all requests which arrived in it travel together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#mayStart()) this.#send();
    });
  }

  #send(): void {
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    this.#lastCount = batch.length;
    let isSlow = false;
    const lateness = this.database.deadlines.set(SLOW, () => {
      isSlow = true;
      this.#slow++;
      if (this.#mayStart()) this.#send();
    });
    const end = () => {
      this.database.deadlines.clear(lateness);
      this.#underWay--;
      if (isSlow) this.#slow--;
      if (this.#mayStart()) this.#send();
    };
    this.#underWay++;
    (readChannel.hasSubscribers ? this.#runTraced(batch) : this.#run(batch)).then(end, (error: unknown) => {
      const failure = error instanceof ByokError ? error : new StorageError();
      for (const read of batch) read.reject(failure);
      end();
    });
  }

  /** Without what waits since too long, and what nobody waits for: of requests that were broken off meanwhile. */
  #takeBatch(): PendingRead[] {
    const latest = performance.now() - ANSWER_WITHIN;
    const batch: PendingRead[] = [];
    let slots = 0;
    let taken = 0;
    for (const read of this.#pending) {
      if (read.since <= latest || read.isAbandoned?.() === true) {
        read.reject(new StorageError());
      } else {
        slots += slotsOf(read);
        if (slots > MAX_SLOTS && batch.length > 0) break;
        batch.push(read);
      }
      taken++;
    }
    this.#pending = taken === this.#pending.length ? [] : this.#pending.slice(taken);
    return batch;
  }

  #runTraced(batch: PendingRead[]): Promise<void> {
    const slots = batch.reduce((sum, read) => sum + slotsOf(read), 0);
    return traced(
      readChannel,
      { requests: batch.length, slots },
      () => this.#run(batch),
      () => 'done',
    );
  }

  async #run(batch: PendingRead[]): Promise<void> {
    const [first] = batch;
    // What it waited for a place counts: nobody waits longer in all than for one statement.
    const within = first.since + ANSWER_WITHIN - performance.now();
    if (batch.length === 1 && slotsOf(first) === 1) {
      const [owner] = first.owners;
      const { queries } = first;
      const values = [owner.kind, owner.id, queries[0].provider, queries[0].label ?? null];
      const [row] = await this.database.query<Row>({ ...this.#one, values }, within);
      first.resolve([row ? toFoundKey(row) : null]);
      return;
    }
    const columns: [string[], string[], string[], (string | null)[]] = [[], [], [], []];
    for (const { owners, queries } of batch) {
      for (const { kind, id } of owners) {
        for (const { provider, label = null } of queries) {
          columns[0].push(kind);
          columns[1].push(id);
          columns[2].push(provider);
          columns[3].push(label);
        }
      }
    }
    const found = new Array<FoundKey | null>(columns[0].length).fill(null);
    for (const row of await this.database.query<Row>({ ...this.#many, values: columns }, within)) {
      found[Number(row.n) - 1] = toFoundKey(row);
    }
    let offset = 0;
    for (const read of batch) read.resolve(found.slice(offset, (offset += slotsOf(read))));
  }
}

function slotsOf({ owners, queries }: PendingRead): number {
  return owners.length * queries.length;
}

function toFoundKey({ label, ciphertext, expires, doubt }: Row): FoundKey {
  return { label, ciphertext, expiresAt: toDateOrNull(expires), doubt };
}
