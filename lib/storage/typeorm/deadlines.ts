/** Milliseconds. */
const TICK = 25;

/** @internal */
export interface Deadline {
  /** By the count of ticks. */
  readonly at: number;
  readonly onLate: () => void;
}

/**
 * Deadlines of what is nearly always done long before. A timer for each costs a statement more than the rest of its
 * waiting does; here one looks at all of them, so a deadline is told up to a tick and a half too late.
 *
 * @internal
 */
export class Deadlines {
  readonly #open = new Set<Deadline>();
  #ticks = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param within Milliseconds from now. */
  set(within: number, onLate: () => void): Deadline {
    const deadline = { at: this.#ticks + 1 + Math.ceil(within / TICK), onLate };
    this.#open.add(deadline);
    this.#timer ??= setInterval(() => this.#tick(), TICK).unref();
    return deadline;
  }

  /** Whether it was still to come. */
  clear(deadline: Deadline): boolean {
    return this.#open.delete(deadline);
  }

  #tick(): void {
    this.#ticks++;
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const deadline of this.#open) {
      if (deadline.at > this.#ticks) continue;
      this.#open.delete(deadline);
      deadline.onLate();
    }
  }
}
