import { AsyncResource } from 'node:async_hooks';

/** Milliseconds. */
const TICK = 25;

/** @internal */
export interface Deadline {
  /** By `performance.now()`. */
  readonly at: number;
  readonly onLate: () => void;
}

/**
 * Deadlines of what is nearly always done long before. A timer for each costs a statement more than the rest of its
 * waiting does; here one looks at all of them, so a deadline is told up to a tick too late.
 *
 * @internal
 */
export class Deadlines {
  readonly #open = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  /** Outside of the request that happens to come first: its context, and what that holds, would live with the timer. */
  readonly #start = AsyncResource.bind(() => setInterval(() => this.#tick(), TICK).unref());

  /** @param within - Milliseconds from now. */
  set(within: number, onLate: () => void): Deadline {
    const deadline = { at: performance.now() + within, onLate };
    this.#open.add(deadline);
    this.#timer ??= this.#start();
    return deadline;
  }

  /** Whether it was still to come. */
  clear(deadline: Deadline): boolean {
    return this.#open.delete(deadline);
  }

  #tick(): void {
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = performance.now();
    const late = [...this.#open].filter(({ at }) => at <= now);
    if (late.length === 0) return;
    // Answers that came while the process was busy are read first.
    setImmediate(() => {
      for (const deadline of late) if (this.clear(deadline)) deadline.onLate();
    });
  }
}
