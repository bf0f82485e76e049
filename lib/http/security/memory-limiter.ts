import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { RateLimiterLike } from '../../interfaces/index.js';

/** Keys counted at a time by default: some 20 MB where all are as long as can be. */
const MAX_KEYS = 50_000;

/**
 * Counts in the process, for a limited number of keys: a client with many addresses cannot fill the memory. The key without
 * requests for the longest time is forgotten first.
 *
 * @internal
 */
export class MemoryLimiter implements RateLimiterLike {
  readonly #limiter: RateLimiterMemory;
  readonly #recent = new Set<string>();

  constructor(
    { name, points, windowMs }: { name: string; points: number; windowMs: number },
    private readonly maxKeys = MAX_KEYS,
  ) {
    this.#limiter = new RateLimiterMemory({ keyPrefix: name, points, duration: windowMs / 1000 });
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#recent.size;
  }

  async consume(key: string): Promise<unknown> {
    this.#recent.delete(key);
    this.#recent.add(key);
    if (this.#recent.size > this.maxKeys) {
      const [oldest] = this.#recent;
      this.#recent.delete(oldest);
      await this.#limiter.delete(oldest);
    }
    return this.#limiter.consume(key);
  }
}
