import { randomFillSync } from 'node:crypto';
import { Redacted } from '../logging/index.js';

/** Bytes of a record's salt. @internal */
export const SALT_LENGTH = 32;

/**
 * Random salts, drawn from the system many at a time: one call for each would cost more than a fifth of a seal.
 *
 * @internal
 */
export class SaltPool extends Redacted {
  readonly #pool: Buffer;
  #used: number;

  /** @param size - Salts drawn at a time. */
  constructor(size = 128) {
    super();
    this.#pool = Buffer.allocUnsafeSlow(size * SALT_LENGTH);
    this.#used = this.#pool.length;
  }

  /** Copies the next salt to where it is needed and forgets it, so that none is given twice. */
  writeTo(target: Buffer, offset: number): void {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += SALT_LENGTH;
    this.#pool.copy(target, offset, start, this.#used);
    this.#pool.fill(0, start, this.#used);
  }
}
