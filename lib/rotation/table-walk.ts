import { setImmediate as turn } from 'node:timers/promises';
import type { Partition } from '../database/index.js';
import { StorageError } from '../errors/index.js';
import type { PageProcessor } from './page-processor.js';
import type { PageOutcome, PageRow, PageTask } from './reseal-page.js';
import { withRetries } from './retries.js';
import { BEGINNING, type Cursor, type FoundPage, type RotationQueries } from './rotation-queries.js';
import type { UnreadableKey } from './rotation.interface.js';

/** Unreadable rows that are named; of others only the number is told. */
const MAX_NAMED = 100;

/** The rows of a walk that did not open. */
export class Unreadable {
  readonly named: UnreadableKey[] = [];
  count = 0;

  add(page: FoundPage, places: readonly number[]): void {
    this.count += places.length;
    if (places.length === 0 || this.named.length === MAX_NAMED) return;
    const rows = rowsOf(page);
    for (const place of places.slice(0, MAX_NAMED - this.named.length)) {
      const [kind, id, provider, label, , , keyId] = rows[place];
      this.named.push({ owner: { kind, id }, provider, label, keyId });
    }
  }
}

export interface Walk {
  task: PageTask;
  /** Pages of rows that are not on this key; `null`: of all rows. */
  current: Buffer | null;
  batchSize: number;
  /** Pages under way at once, and partitions. */
  concurrency: number;
  signal: AbortSignal;
  /** Told of each page when it is through the processor; may write it. */
  onPage: (page: FoundPage, outcome: PageOutcome) => Promise<void> | void;
}

/**
 * Takes every page of the table through the processor: one is read while others are opened and written. Ends early,
 * and without an error, when `signal` is aborted.
 *
 * @throws StorageError
 * @internal
 */
export async function walkTable(queries: RotationQueries, processor: PageProcessor, walk: Walk): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([walk.signal, failure.signal]);
  const parts = await withRetries(signal, () => queries.parts());
  if (parts.length === 0) return;
  // More readers than lanes would only hold pages that nobody takes.
  const readers = parts.slice(0, walk.concurrency).map(() => readPages(queries, parts, { ...walk, signal }));
  const lane = async (pages: AsyncGenerator<FoundPage>) => {
    try {
      // Asking a generator again before it has answered is allowed: it answers in turn.
      for (let step = await pages.next(); !step.done; step = await pages.next()) {
        const page = step.value;
        const outcome = await processor.process(walk.task, page);
        await walk.onPage(page, outcome);
        // With a database that answers at once, nobody else would have a turn.
        await turn();
      }
    } catch (error) {
      // Before the others go on: they stop after the page they have.
      failure.abort();
      throw error;
    }
  };
  const lanes = await Promise.allSettled(
    Array.from({ length: walk.concurrency }, (_, i) => lane(readers[i % readers.length])),
  );
  const failed = lanes.find((each): each is PromiseRejectedResult => each.status === 'rejected');
  // An outage that was being waited for when the end was asked for is no failure.
  if (failed && !(walk.signal.aborted && failed.reason instanceof StorageError)) throw failed.reason;
}

/** The pages of parts that nobody has begun with. */
async function* readPages(
  queries: RotationQueries,
  parts: Partition[],
  { batchSize, current, signal }: Walk,
): AsyncGenerator<FoundPage> {
  for (let part = parts.shift(); part && !signal.aborted; part = parts.shift()) {
    const within = part;
    for (let cursor: Cursor | undefined = BEGINNING; cursor && !signal.aborted;) {
      const after: Cursor = cursor;
      const page = await withRetries(signal, () => queries.page(within, after, batchSize, current));
      cursor = page.next;
      if (page.count > 0) yield page;
    }
  }
}

/** The rows of a page, for what must be told of single ones. */
export function rowsOf({ rows }: FoundPage): PageRow[] {
  return JSON.parse(rows) as PageRow[];
}
