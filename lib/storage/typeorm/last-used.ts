import type { ByokDatabase, Statement } from '../../database/index.js';
import type { KeyOwner } from '../../interfaces/index.js';

/** Milliseconds that uses are collected for. */
const COLLECT_FOR = 5_000;
/** A use within it of the last one that was written is not written. */
const EXACT_TO = '10 minutes';
/** Keys in one statement. */
const BATCH = 1_000;
/** Keys remembered while the database is away; past that the oldest uses are forgotten. */
const MAX_REMEMBERED = 20_000;

interface Use {
  owner: KeyOwner;
  provider: string;
  label: string;
  /** By `performance.now()`. */
  at: number;
}

/**
 * Keeps `last_used_at` without a write for every read: uses are collected here, one a key, and written together every
 * few seconds, those of one key at most once in ten minutes.
 *
 * What is sent is how long ago a key was used. The moment is the database's to say, so that instances whose clocks
 * differ never move it backwards.
 *
 * @internal
 */
export class LastUsed {
  /** By the owner's id: a key made of all four columns for each request costs more than a look along the owner's keys. */
  #uses = new Map<string, Use[]>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #isClosed = false;
  readonly #statement: Omit<Statement, 'values'>;

  constructor(
    private readonly database: ByokDatabase,
    table: string,
  ) {
    // Looked at before a row is locked: most uses write nothing.
    const isDue = `(k.last_used_at IS NULL OR k.last_used_at < now() - u.ago * interval '1 millisecond' - interval '${EXACT_TO}')`;
    // Locked in the order of the primary key: instances that write the same rows at once wait rather than deadlock.
    // A key that was replaced since is another key.
    this.#statement = {
      name: `byok_last_used_${table}`,
      text: `WITH used AS (
          SELECT k.owner_kind, k.owner_id, k.provider, k.label, now() - u.ago * interval '1 millisecond' AS at
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[]) AS u (owner_kind, owner_id, provider, label, ago)
          JOIN "${table}" k USING (owner_kind, owner_id, provider, label)
          WHERE ${isDue}
          ORDER BY 1, 2, 3, 4 FOR NO KEY UPDATE OF k
        )
        UPDATE "${table}" k SET last_used_at = used.at FROM used
        WHERE k.owner_kind = used.owner_kind AND k.owner_id = used.owner_id AND k.provider = used.provider
          AND k.label = used.label AND k.updated_at <= used.at`,
    };
    database.beforeClose(async () => {
      await this.flush();
      this.#close();
    });
  }

  note(owner: KeyOwner, provider: string, label: string): void {
    this.#remember({ owner, provider, label, at: performance.now() });
  }

  #remember(use: Use): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => void this.flush(), COLLECT_FOR).unref();
    const known = this.#uses.get(use.owner.id);
    const same = known?.find((each) => isSameKey(each, use));
    if (same) {
      same.at = Math.max(same.at, use.at);
      return;
    }
    this.#count++;
    if (known) known.push(use);
    else this.#uses.set(use.owner.id, [use]);
  }

  /** Writes what was collected; what cannot be written is kept for the next time. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#flushing;
    this.#flushing = this.#write();
    await this.#flushing;
  }

  async #write(): Promise<void> {
    const uses = [...this.#uses.values()].flat();
    this.#uses = new Map();
    this.#count = 0;
    for (let i = 0; i < uses.length; i += BATCH) {
      try {
        await this.#send(uses.slice(i, i + BATCH));
      } catch {
        this.#keep(uses.slice(i));
        return;
      }
    }
  }

  async #send(uses: Use[]): Promise<void> {
    const now = performance.now();
    const values = [
      uses.map(({ owner }) => owner.kind),
      uses.map(({ owner }) => owner.id),
      uses.map(({ provider }) => provider),
      uses.map(({ label }) => label),
      uses.map(({ at }) => now - at),
    ];
    await this.database.query({ ...this.#statement, values });
  }

  /** What could not be written by now never will be. A timer would go on for ever. */
  #close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#uses.clear();
  }

  /** As many as there is room for beside what was used since. */
  #keep(uses: Use[]): void {
    for (const use of uses.sort((a, b) => b.at - a.at)) {
      if (this.#count >= MAX_REMEMBERED) break;
      this.#remember(use);
    }
  }
}

function isSameKey(a: Use, b: Use): boolean {
  return a.provider === b.provider && a.label === b.label && a.owner.kind === b.owner.kind;
}
