import { ByokError } from './byok.error.js';

/**
 * Something could not be sealed or opened: an unknown key, a changed byte, a wrong context. One message for every
 * reason and no `cause`, so that it tells an attacker nothing. The record stays where it is.
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
 * The database or the session store did not answer as it should. Never means "no key".
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

  /** SQLSTATE or errno of the driver, where it told one, or {@link SESSION_REASON}. @internal */
  get reason(): string | undefined {
    return this.#reason;
  }
}

/**
 * A key management service did not wrap or unwrap the root of the keys. Never means "no key".
 *
 * @publicApi
 */
export class KeyWrapperError extends ByokError {
  constructor(
    /** For the operator: which service and what to do. No token, no key, nothing that the service answered. */
    message: string,
    /** Whether it refused, so that asking again is no use; else it was away. */
    readonly refused: boolean,
  ) {
    super('BYOK_UNAVAILABLE', message);
  }
}

/** An encryption key cannot be retired: stored keys are still sealed with it, or it seals new ones. @publicApi */
export class RetirementError extends ByokError {
  constructor(message: string) {
    super('BYOK_INVALID_INPUT', message);
  }
}

/** The caller has no such key. The same answer whether it is absent or somebody else's. @publicApi */
export class KeyNotFoundError extends ByokError {
  constructor() {
    super('BYOK_KEY_NOT_FOUND', 'There is no such key.');
  }
}

/** A guarded handler was called by somebody who has none of the keys it needs. @publicApi */
export class KeyRequiredError extends ByokError {
  constructor(
    /** The providers any one of which would do, in the order the guard names them. */
    readonly providers: readonly string[],
    /** The label that was asked for. */
    readonly label: string,
  ) {
    super('BYOK_KEY_REQUIRED', `An API key is required for: ${providers.join(' or ')}.`);
  }
}

/** A key breaks the format that its provider asks for (`keyPrefix`, `keyPattern`). @publicApi */
export class InvalidKeyError extends ByokError {
  constructor(message: string) {
    super('BYOK_INVALID_KEY', message);
  }
}

/** Which part of the input an {@link InvalidInputError} is about, for a page to say it in its reader's language. @internal */
export type InvalidPart =
  'provider' | 'notOffered' | 'noKey' | 'key' | 'keyAsName' | 'label' | 'taken' | 'fields' | 'url' | 'expiry';

/** A provider, label, key, expiry or field is malformed; the message says what to write instead. @publicApi */
export class InvalidInputError extends ByokError {
  /** Private, so that it is in nothing that prints or serialises the error. */
  readonly #part: InvalidPart | undefined;

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

/** Keys are kept per user here and nobody is signed in, or `resolveUser` gave something that is no id. @publicApi */
export class UserRequiredError extends ByokError {
  constructor(message = 'Sign in first: keys are stored per user here.') {
    super('BYOK_USER_REQUIRED', message);
  }
}

/** A request was refused for where it came from (CSRF) or how it travelled (HTTPS). @publicApi */
export class SecurityError extends ByokError {
  constructor(code: 'BYOK_CSRF' | 'BYOK_HTTPS_REQUIRED', message: string) {
    super(code, message);
  }
}

/** A module option is wrong, or a decorator is used where it cannot work. Says what to write instead. @publicApi */
export class ConfigurationError extends ByokError {
  constructor(message: string) {
    super('BYOK_CONFIGURATION', message);
  }
}
