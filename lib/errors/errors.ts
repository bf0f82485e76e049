import type { KeyVerdictReason } from '../interfaces/index.js';
import { ByokError } from './byok.error.js';

/**
 * Encryption or decryption failed: an unknown key, a changed byte, a wrong context. The message is always the same and there is no
 * `cause`, so an attacker learns nothing. The record stays stored.
 *
 * @publicApi
 */
export class EncryptionError extends ByokError {
  constructor() {
    super('BYOK_UNAVAILABLE', 'A stored key could not be encrypted or decrypted.');
  }
}

/** That the session could not be loaded or saved. @internal */
export const SESSION_REASON = 'SESSION';

/**
 * The database or the session store failed or timed out. It never means "no key".
 *
 * @publicApi
 */
export class StorageError extends ByokError {
  /** Private, so that it is in nothing that prints or serialises the error. */
  readonly #reason: string | undefined;

  constructor(message = 'The storage of keys is unavailable. Try again.', reason?: string) {
    super('BYOK_UNAVAILABLE', message);
    this.#reason = reason;
  }

  /** SQLSTATE or errno of the driver, if it has one, or {@link SESSION_REASON}. @internal */
  get reason(): string | undefined {
    return this.#reason;
  }
}

/**
 * A key management service did not wrap or unwrap the root key. It never means "no key".
 *
 * @publicApi
 */
export class KeyWrapperError extends ByokError {
  constructor(
    /** For the operator: the service and the fix, without tokens, keys or the service's response. */
    message: string,
    /** Whether the service refused, so that a retry is useless; otherwise it was unavailable. */
    readonly refused: boolean,
  ) {
    super('BYOK_UNAVAILABLE', message);
  }
}

/** An encryption key cannot be retired: stored keys still use it, or it encrypts new ones. @publicApi */
export class RetirementError extends ByokError {
  constructor(message: string) {
    super('BYOK_INVALID_INPUT', message);
  }
}

/** The key does not exist, or belongs to another user: same response. @publicApi */
export class KeyNotFoundError extends ByokError {
  constructor() {
    super('BYOK_KEY_NOT_FOUND', 'There is no such key.');
  }
}

/** The caller of a guarded handler has none of the required keys. @publicApi */
export class KeyRequiredError extends ByokError {
  constructor(
    /** Providers of which one key is required, in the order of the guard. */
    readonly providers: readonly string[],
    /** The required label; `undefined` if the default key of a provider is required. */
    readonly label?: string,
    /** Whose key will do, such as `['team']`; `undefined`: the caller's own. */
    readonly from?: readonly string[],
  ) {
    const isShared = from !== undefined && !from.includes('user');
    const whose = isShared ? ` It must be a key of: ${from.join(' or ')}.` : '';
    super('BYOK_KEY_REQUIRED', `An API key is required for: ${providers.join(' or ')}.${whose}`);
  }

  /** @internal */
  override get extensions(): Record<string, unknown> {
    return { ...super.extensions, providers: this.providers };
  }
}

/** Why a text cannot be the key, for a page to say it in its reader's language. @internal */
export type InvalidKeyReason =
  | 'masked'
  | 'address'
  | 'document'
  | 'placeholder'
  | 'spaces'
  | 'characters'
  | 'wrapped'
  | 'json'
  | 'pattern'
  | 'otherProvider'
  | 'prefix'
  | 'refused';

/**
 * The text is not a key of its provider, or its provider refused it. The message says what is wrong and what to paste
 * instead. Nothing was stored.
 *
 * @publicApi
 */
export class InvalidKeyError extends ByokError {
  /** Why the provider refused the key; `undefined` if the provider was not asked. */
  readonly reason?: KeyVerdictReason;
  /** Private, so that it is in nothing that prints or serializes the error. */
  readonly #why: InvalidKeyReason | undefined;

  constructor(message: string);
  /** @internal */
  constructor(message: string, why?: InvalidKeyReason, reason?: KeyVerdictReason);
  constructor(message: string, why?: InvalidKeyReason, reason?: KeyVerdictReason) {
    super('BYOK_INVALID_KEY', message);
    this.#why = why;
    if (reason !== undefined) this.reason = reason;
  }

  /** @internal */
  get why(): InvalidKeyReason | undefined {
    return this.#why;
  }

  /** Whether the provider refused the key. @internal */
  get isRefusal(): boolean {
    return this.#why === 'refused';
  }
}

/**
 * The key was changed by another request at the same time, or the label is taken. Nothing was changed.
 *
 * @publicApi
 */
export class KeyConflictError extends ByokError {
  /** Private, so that it is in nothing that prints or serializes the error. */
  readonly #isLabelTaken: boolean;

  constructor(isLabelTaken = false) {
    super(
      'BYOK_CONFLICT',
      isLabelTaken
        ? 'A key with this label is stored already. Choose another label.'
        : 'The key was changed meanwhile. Look at it again, then repeat the change.',
    );
    this.#isLabelTaken = isLabelTaken;
  }

  /** @internal */
  get isLabelTaken(): boolean {
    return this.#isLabelTaken;
  }
}

/** Which part of the input an {@link InvalidInputError} is about, for a page to say it in its reader's language. @internal */
export type InvalidPart =
  | 'provider'
  | 'notOffered'
  | 'noKey'
  | 'key'
  | 'keyTooShort'
  | 'keyTooLong'
  | 'keyAsName'
  | 'keyAgain'
  | 'label'
  | 'taken'
  | 'fields'
  | 'fieldNeeded'
  | 'fieldTooLong'
  | 'fieldLines'
  | 'url'
  | 'expiry';

/** A provider, label, key, expiry or field is malformed; the message gives the fix. @publicApi */
export class InvalidInputError extends ByokError {
  /** Private, so that it is in nothing that prints or serialises the error. */
  readonly #part: InvalidPart | undefined;

  constructor(message: string);
  /** @internal */
  constructor(message: string, part?: InvalidPart);
  constructor(message: string, part?: InvalidPart) {
    super('BYOK_INVALID_INPUT', message);
    this.#part = part;
  }

  /** @internal */
  get part(): InvalidPart | undefined {
    return this.#part;
  }
}

/** The owner already has as many keys as `maxKeysPerUser` allows. @publicApi */
export class KeyLimitError extends ByokError {
  constructor(limit: number) {
    super('BYOK_KEY_LIMIT', `At most ${limit} keys can be stored. Delete one you no longer need and try again.`);
  }
}

/** The storage requires a user and nobody is signed in, or `resolveUser` returned an invalid id. @publicApi */
export class UserRequiredError extends ByokError {
  /** Private, so that it is in nothing that prints or serialises the error. */
  readonly #hasUser: boolean;

  constructor(message = 'Sign in first: keys are stored per user here.', hasUser = false) {
    super('BYOK_USER_REQUIRED', message);
    this.#hasUser = hasUser;
  }

  /** Whether somebody is signed in already, who cannot be identified: signing in again does not help. @internal */
  get hasUser(): boolean {
    return this.#hasUser;
  }
}

/** A request was refused because of its origin (CSRF) or an unencrypted connection (HTTPS). @publicApi */
export class SecurityError extends ByokError {
  constructor(code: 'BYOK_CSRF' | 'BYOK_HTTPS_REQUIRED', message: string) {
    super(code, message);
  }
}

/** A module option is invalid, or a decorator is used where it cannot work. The message gives the fix. @publicApi */
export class ConfigurationError extends ByokError {
  constructor(message: string) {
    super('BYOK_CONFIGURATION', message);
  }
}
