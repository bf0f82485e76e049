import { BYOK_ERROR_STATUS } from './byok-error-code.js';
import { ByokError } from './byok.error.js';

/** Why a key cannot be used. @publicApi */
export type KeyUnusableCode = 'BYOK_KEY_REFUSED' | 'BYOK_KEY_NO_CREDIT' | 'BYOK_KEY_RESTRICTED';

/** What is wrong, and what the owner of the key can do. */
const MESSAGES: Record<KeyUnusableCode, readonly [fault: string, advice: string]> = {
  BYOK_KEY_REFUSED: ['refused the API key', 'Replace it with a new one.'],
  BYOK_KEY_NO_CREDIT: ['accepts the API key, but its account has no credit', 'Add credit there, or use another key.'],
  BYOK_KEY_RESTRICTED: ['accepts the API key, but not for this', 'Extend its rights there, or use another key.'],
};

function messageFor(code: KeyUnusableCode, provider: string, owner: string | undefined): string {
  const [fault, advice] = MESSAGES[code];
  if (owner === undefined) return `${provider} ${fault}. ${advice}`;
  const whose = owner === 'platform' ? 'The key is that of this application' : `The key is shared (${owner})`;
  return `${provider} ${fault}. ${whose}, so only those who manage it can change it.`;
}

/** What the page about the key may show to the caller. @internal */
export interface ShownKey {
  label: string;
  /** The key, shortened. */
  hint: string;
  /** The extra fields: the names of all, and the values of those that are not secrets. */
  fields: { names: readonly string[]; values: Readonly<Record<string, string>> };
}

/**
 * The provider refused the key when it was used, or accepts it but not for this call. It has neither a `cause` nor the
 * provider's words, because both can contain the key.
 *
 * It has `status`, `statusCode` and `expose` as errors of `http-errors` do, for handlers of errors that know only those.
 *
 * @publicApi
 */
export class KeyUnusableError extends ByokError {
  declare readonly code: KeyUnusableCode;
  /** Only the provider of the key, as in `KeyRequiredError`. */
  readonly providers: readonly string[];
  readonly status: 402 | 403;
  readonly statusCode: 402 | 403;
  /**
   * Whose key it is, if it is not the caller's own: `'platform'`, or a kind of the option `sharedOwners`. The caller cannot
   * replace it.
   */
  declare readonly owner?: string;
  /** Whether clients may see the message. */
  readonly expose = true;
  /** Private, so that it is in nothing that prints or serializes the error. */
  readonly #shown: ShownKey | undefined;
  readonly #holder: WeakRef<object> | undefined;

  constructor(code: KeyUnusableCode, provider: string, label: string, name?: string, owner?: string);
  /** @internal */
  constructor(
    code: KeyUnusableCode,
    provider: string,
    label: string,
    name?: string,
    owner?: string,
    shown?: Omit<ShownKey, 'label'>,
    holder?: object,
  );
  constructor(
    code: KeyUnusableCode,
    /** Whose key it is. */
    readonly provider: string,
    /** Label of the key. */
    readonly label: string,
    name = provider,
    owner?: string,
    shown?: Omit<ShownKey, 'label'>,
    holder?: object,
  ) {
    super(code, messageFor(code, name, owner));
    if (owner !== undefined) this.owner = owner;
    this.providers = [provider];
    this.status = this.statusCode = BYOK_ERROR_STATUS[code];
    this.#shown = shown && { label, ...shown };
    this.#holder = holder && new WeakRef(holder);
  }

  /** @internal */
  override get extensions(): Record<string, unknown> {
    const { provider, providers, label } = this;
    return { ...super.extensions, provider, providers, label };
  }

  /** The key as far as its owner may see it, if this request is what it was resolved for. @internal */
  shownTo(request: object): ShownKey | undefined {
    return this.#holder?.deref() === request ? this.#shown : undefined;
  }
}
