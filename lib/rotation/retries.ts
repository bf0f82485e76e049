import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageError } from '../errors/index.js';

/** Milliseconds an outage may last: a restart of Postgres with a long recovery, or a failover. */
const PATIENCE = 120_000;
const FIRST_DELAY = 50;
const LAST_DELAY = 2_000;

/** Connection exceptions, deadlocks and serialisation, resources, operator intervention (a restart, a time-out), I/O. */
const PASSING_STATES = /^(08|40|53|57|58)/;
const ERRNO = /^E[A-Z]+$/;

/**
 * Runs a statement again for as long as the database is away, up to two minutes, waiting longer each time and never as
 * long as the next runner. For statements that may be run twice only.
 *
 * @throws StorageError when it lasts longer, when the failure is none that passes, or once `signal` is aborted
 * @internal
 */
export async function withRetries<T>(signal: AbortSignal, work: () => Promise<T>, patience = PATIENCE): Promise<T> {
  let giveUpAt: number | undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      giveUpAt ??= performance.now() + patience;
      if (!passes(error) || signal.aborted || performance.now() > giveUpAt) throw error;
      const longest = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** attempt);
      await sleep(randomInt(longest / 2, longest + 1), undefined, { signal }).catch(() => {});
    }
  }
}

/** A connection that was lost, or could not be made in time, has an errno or no code at all. */
function passes(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false;
  const { reason } = error;
  return reason === undefined || ERRNO.test(reason) || PASSING_STATES.test(reason);
}
