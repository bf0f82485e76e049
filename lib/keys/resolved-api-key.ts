import type { KeySource } from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';

/**
 * A decrypted key. Read its properties, which cannot be changed; printed, serialized or cloned as a whole, it reveals
 * nothing.
 *
 * @publicApi
 */
export class ResolvedApiKey extends Redacted {
  readonly #apiKey: string;
  readonly #fields: Readonly<Record<string, string>>;

  constructor(
    readonly provider: string,
    readonly label: string,
    apiKey: string,
    fields: Record<string, string>,
    readonly source: KeySource,
    readonly expiresAt: Date | null,
  ) {
    super();
    this.#apiKey = apiKey;
    this.#fields = Object.isFrozen(fields) ? fields : Object.freeze({ ...fields });
    // A date can be changed, so each reader gets one of their own.
    if (expiresAt) {
      const time = expiresAt.getTime();
      Object.defineProperty(this, 'expiresAt', { get: () => new Date(time), enumerable: true });
    }
    Object.freeze(this);
  }

  /** The key itself. */
  get apiKey(): string {
    return this.#apiKey;
  }

  /** Values of the extra fields, by name. */
  get fields(): Readonly<Record<string, string>> {
    return this.#fields;
  }
}
