import { InvalidInputError } from '../errors/index.js';

type Step = IteratorResult<unknown>;

/**
 * Reads a source one item at a time, and only when it is asked for one. A signal ends it also while the source waits.
 *
 * @internal
 */
export class ImportSource {
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  #isEnded = false;

  /** @throws InvalidInputError for what cannot be read */
  constructor(
    source: unknown,
    private readonly signal: AbortSignal | undefined,
  ) {
    const given = (source ?? {}) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    const iterator =
      typeof source === 'string' ? undefined : (given[Symbol.asyncIterator]?.() ?? given[Symbol.iterator]?.());
    if (!iterator) throw new InvalidInputError('source must be an iterable of keys, or an async one.');
    this.#iterator = iterator;
  }

  async next(): Promise<Step> {
    if (this.#isEnded || this.signal?.aborted) return { done: true, value: undefined };
    try {
      const step = this.#iterator.next();
      const result = await (this.signal && 'then' in step ? this.#unlessAborted(step, this.signal) : step);
      if (result.done) this.#isEnded = true;
      return result;
    } catch (error) {
      this.#isEnded = true;
      throw error;
    }
  }

  /** Lets the source close what it has open. One that waits for something closes it when that has come. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    try {
      const closed: unknown = this.#iterator.return?.();
      Promise.resolve(closed).catch(() => {});
    } catch {
      // The import has ended by then, and what the source fails with is no part of it.
    }
  }

  #unlessAborted(step: Promise<Step>, signal: AbortSignal): Promise<Step> {
    return new Promise((resolve, reject) => {
      const stop = () => resolve({ done: true, value: undefined });
      signal.addEventListener('abort', stop, { once: true });
      step.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }
}
