import type { KeyUnusableError } from '../errors/index.js';
import type { KeyOwner, KeySource, KeyVerdict } from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';

/** What becomes of a key that is used. @internal */
export interface KeyFeedback {
  /** Its use failed: the error if its provider refused it, `undefined` if not. Never rejects. */
  failed(key: ResolvedApiKey, error: unknown): Promise<KeyUnusableError | undefined>;
  /** Its provider refused it. Never rejects. */
  refused(key: ResolvedApiKey, verdict: KeyVerdict): Promise<KeyUnusableError>;
  /** It was used, with a result. Never rejects; `undefined` if there is nothing to note. */
  succeeded(key: ResolvedApiKey, result: unknown): Promise<void> | undefined;
}

/**
 * A decrypted key. Read its properties, which cannot be changed; printed, serialized or cloned as a whole, it reveals
 * nothing.
 *
 * @publicApi
 */
export class ResolvedApiKey extends Redacted {
  readonly #apiKey: string;
  readonly #fields: Readonly<Record<string, string>>;
  readonly #feedback: KeyFeedback | undefined;

  constructor(
    provider: string,
    label: string,
    apiKey: string,
    fields: Record<string, string>,
    source: KeySource | 'platform',
    expiresAt: Date | null,
    owner?: KeyOwner,
  );
  /** @internal */
  constructor(
    provider: string,
    label: string,
    apiKey: string,
    fields: Record<string, string>,
    source: KeySource | 'platform',
    expiresAt: Date | null,
    owner?: KeyOwner,
    feedback?: KeyFeedback,
  );
  constructor(
    readonly provider: string,
    readonly label: string,
    apiKey: string,
    fields: Record<string, string>,
    /** Where it came from. `platform`: the option `platformKeys`. */
    readonly source: KeySource | 'platform',
    readonly expiresAt: Date | null,
    /** Whose key it is, and who pays for its use. */
    readonly owner: KeyOwner = { kind: source === 'database' ? 'user' : source, id: '' },
    feedback?: KeyFeedback,
  ) {
    super();
    this.#apiKey = apiKey;
    this.#feedback = feedback;
    this.#fields = Object.isFrozen(fields) ? fields : Object.freeze({ ...fields });
    // A date can be changed, so each reader gets one of their own.
    if (expiresAt) {
      const time = expiresAt.getTime();
      Object.defineProperty(this, 'expiresAt', { get: () => new Date(time), enumerable: true });
    }
    Object.freeze(owner);
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

  /**
   * Runs work with the key. If it fails because the provider refused the key, that is noted on the key and reported to
   * `onEvent`. Any other error passes through as it is. The first success after a refusal is noted too.
   *
   * A failure that comes after `work` is done, such as that of a stream, needs {@link ResolvedApiKey.report}.
   *
   * @example
   * ```ts
   * const reply = await key.use((apiKey) => new OpenAI({ apiKey }).responses.create(question));
   * ```
   *
   * @throws KeyUnusableError if the provider refused the key, or accepts it but not for this
   */
  async use<T>(work: (apiKey: string) => T | PromiseLike<T>): Promise<T> {
    let result: T;
    try {
      result = await work(this.#apiKey);
    } catch (error) {
      throw (await this.report(error)) ?? error;
    }
    const noted = this.#feedback?.succeeded(this, result);
    if (noted) await noted;
    return result;
  }

  /**
   * Does what {@link ResolvedApiKey.use} does about an error, for callbacks that are given one. Never rejects.
   *
   * @returns what to show the user, `undefined` if the error is not a refusal of this key
   */
  async report(error: unknown): Promise<KeyUnusableError | undefined> {
    return this.#feedback?.failed(this, error);
  }

  /** @internal */
  static feedbackOf(key: ResolvedApiKey): KeyFeedback | undefined {
    return key.#feedback;
  }
}
