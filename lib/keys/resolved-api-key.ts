import type { KeySource } from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';

/**
 * A key that was decrypted for a request. Read it through its properties; printed, serialised or cloned as a whole it
 * shows nothing.
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
  }

  /** The key itself. */
  get apiKey(): string {
    return this.#apiKey;
  }

  /** The extra values that were stored with it, by name. */
  get fields(): Readonly<Record<string, string>> {
    return this.#fields;
  }
}
