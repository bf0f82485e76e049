import { setTimeout as sleep } from 'node:timers/promises';
import type { PageProcessor } from './page-processor.js';
import type { PageOutcome, PageRow } from './reseal-page.js';
import { withRetries } from './retries.js';
import type { FoundPage, RotationQueries } from './rotation-queries.js';
import type { RotationProgress, RotationResult } from './rotation.interface.js';
import { rowsOf, Unreadable, walkTable } from './table-walk.js';

/** Milliseconds between two passes, for the rows that somebody else had locked; each time twice as long, up to the last. */
const PAUSE = 100;
const MAX_PAUSE = 5_000;
/** After the first. A row that is locked for ever, or an instance that goes on sealing with an old secret, is told of then. */
const MAX_MORE_PASSES = 10;
/** An impatient wait for what is only told, not needed. */
const COUNT_PATIENCE = 2_000;

export interface RunOptions {
  /** Id of the key that seals. */
  current: Buffer;
  signal: AbortSignal;
  batchSize: number;
  concurrency: number;
  dryRun: boolean;
  onProgress?: (progress: RotationProgress) => void;
  /** Told of each row that was written. Left out where nobody listens: then rows need not be parsed. */
  onRotated?: (row: PageRow) => void;
}

/**
 * One rotation: passes over the table until one finds nothing that could be moved. There is no checkpoint; which rows
 * are left is told by the rows.
 *
 * @internal
 */
export class RotationRun {
  readonly #begun = performance.now();
  #total: number | null = null;
  #pass = 0;
  #rotated = 0;
  #changed = 0;
  #unreadable = new Unreadable();

  constructor(
    private readonly queries: RotationQueries,
    private readonly processor: PageProcessor,
    private readonly options: RunOptions,
  ) {}

  /** @param isOldKeyUsed - Whether a row is on an old key still: cheaper to ask than to pass once more. */
  async run(isOldKeyUsed: () => Promise<boolean>): Promise<RotationResult> {
    const { signal, dryRun, onProgress } = this.options;
    if (onProgress) this.#total = await this.#countOld();
    // Once by all means: rows may say wrongly which key they are on.
    while (!signal.aborted && (this.#pass === 0 || (await isOldKeyUsed()))) {
      const moved = await this.#passOnce();
      if (dryRun || !moved || this.#pass > MAX_MORE_PASSES) break;
      await sleep(Math.min(PAUSE * 2 ** (this.#pass - 1), MAX_PAUSE), undefined, { signal }).catch(() => {});
    }
    return {
      rotated: this.#rotated,
      remaining: await this.#countOld(),
      changedMeanwhile: this.#changed,
      unreadable: this.#unreadable.named,
      unreadableCount: this.#unreadable.count,
      durationMs: Math.round(performance.now() - this.#begun),
      aborted: signal.aborted,
    };
  }

  /** Whether there was a row that could be moved, or could be later. */
  async #passOnce(): Promise<boolean> {
    const { current, batchSize, concurrency, signal, dryRun } = this.options;
    this.#pass++;
    this.#unreadable = new Unreadable();
    const before = this.#rotated + this.#changed;
    await walkTable(this.queries, this.processor, {
      task: dryRun ? 'check' : 'reseal',
      current,
      batchSize,
      concurrency,
      signal,
      onPage: (page, outcome) => this.#finishPage(page, outcome),
    });
    return this.#rotated + this.#changed > before;
  }

  async #finishPage(page: FoundPage, { readable, unreadable, write }: PageOutcome): Promise<void> {
    const { current, signal, dryRun, onRotated } = this.options;
    if (dryRun) this.#rotated += readable;
    if (write) {
      const written = await withRetries(signal, () => this.queries.write(page.part, write, current));
      this.#rotated += written.length;
      this.#changed += readable - written.length;
      if (onRotated) {
        const rows = rowsOf(page);
        for (const place of written) onRotated(rows[place]);
      }
    }
    this.#unreadable.add(page, unreadable);
    this.#report();
  }

  #report(): void {
    try {
      this.options.onProgress?.({
        rotated: this.#rotated,
        changedMeanwhile: this.#changed,
        unreadable: this.#unreadable.count,
        total: this.#total,
        pass: this.#pass,
        elapsedMs: Math.round(performance.now() - this.#begun),
      });
    } catch {
      // A listener's failure is its own.
    }
  }

  async #countOld(): Promise<number | null> {
    const { signal, current } = this.options;
    return withRetries(signal, () => this.queries.countOld(current), COUNT_PATIENCE).catch(() => null);
  }
}
