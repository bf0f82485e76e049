import type { LastCheck } from './key-check.interface.js';
import type { KeySource } from './key-owner.interface.js';

/**
 * Describes a stored key, without the key.
 *
 * @publicApi
 */
export interface StoredKey {
  provider: string;
  label: string;
  /**
   * Whether this key is used if no label is named. Of each provider's keys exactly one is: the one chosen last with
   * `setDefaultKey`, else the one labeled `default`, else the oldest. Expired keys do not count.
   */
  isDefault: boolean;
  /** `…` and the last four characters; only `…` for keys of fewer than 20 characters and those of several lines. */
  hint: string;
  /** HMAC in hex. Equal for equal keys of one provider under one root secret. */
  fingerprint: string;
  /** Names of the extra fields, without values. */
  fieldNames: string[];
  /** Values of the fields that the provider's configuration declares `visible`. */
  visibleFields: Record<string, string>;
  createdAt: Date;
  /** When the key or its fields last changed. A new label or expiry is not a change. */
  updatedAt: Date;
  /** `null`: never. */
  expiresAt: Date | null;
  /** When it was last handed out, exact to ten minutes. */
  lastUsedAt: Date | null;
  source: KeySource;
  /** The last word of the provider about this version of the key; `null`: there is none. */
  lastCheck: LastCheck | null;
  /** Present where the option `notices` says so: it expires soon, or nobody has used it for long. */
  notice?: 'expiring' | 'unused';
  /** `unreadable`: none of the given secrets decrypts it. It stays stored and can be replaced or deleted. */
  status: 'active' | 'expired' | 'unreadable';
}

/**
 * A doubt about a key that was stored nevertheless. `prefix`: it begins in another way than the provider's keys do.
 * `not-checked`: the provider could not be asked, or gave no definite answer.
 *
 * @publicApi
 */
export type KeyWarning = 'prefix' | 'not-checked';

/** A key that was just stored. @publicApi */
export interface SavedKey extends StoredKey {
  warnings: KeyWarning[];
}

/** Options of `ByokService.setKey`. @publicApi */
export interface SetKeyOptions {
  /**
   * Distinguishes several keys of one provider: 1 to 64 characters.
   * @defaultValue `'default'`
   */
  label?: string;
  /**
   * Lifetime in milliseconds; `null`: permanent.
   * @defaultValue the module's `defaultTtl`
   */
  ttl?: number | null;
  /** Time of expiry, instead of `ttl`; `null` for never. */
  expiresAt?: Date | null;
  /** Values of the provider's extra fields, encrypted with the key. */
  fields?: Record<string, string>;
  /**
   * Fails instead of replacing an unexpired key of the same label.
   * @defaultValue `false`
   */
  ifAbsent?: boolean;
  /**
   * Asks the provider first, by the `check` of its configuration: a key that it refuses is not stored. Takes up to 8
   * seconds. If the key was changed or deleted meanwhile, nothing is stored either (`BYOK_CONFLICT`).
   * @defaultValue `false`
   */
  check?: boolean;
}

/** What `ByokService.updateKey` changes. What is left out stays. @publicApi */
export interface UpdateKeyOptions extends KeyLabelOptions {
  /** A new key in place of the stored one. */
  apiKey?: string;
  /** A new label. */
  newLabel?: string;
  /** Values of fields to set; `null` removes a field. A `url` field changes only together with `apiKey`. */
  fields?: Record<string, string | null>;
  /** Lifetime from now on, in milliseconds; `null`: permanent. */
  ttl?: number | null;
  /** Time of expiry, instead of `ttl`; `null`: permanent. */
  expiresAt?: Date | null;
  /**
   * With `apiKey`: asks the provider first, as `setKey` does.
   * @defaultValue `false`
   */
  check?: boolean;
}

/** Selects one of a provider's keys. @publicApi */
export interface KeyLabelOptions {
  /**
   * Label of the key.
   * @defaultValue the default key of the provider, see `StoredKey.isDefault`
   */
  label?: string;
}

/** Selects the key to use. @publicApi */
export interface FindKeyOptions extends KeyLabelOptions {
  /**
   * Whose keys may be used, in this order: `'user'`, kinds of the option `sharedOwners`, `'platform'`. The first that has a
   * key for one of the providers is used.
   * @defaultValue the option `keySources`
   */
  from?: readonly string[];
}

/** What `@RequireApiKey()` and `@RequireAnyApiKey()` take. @publicApi */
export interface RequireKeyOptions extends FindKeyOptions {
  /**
   * Whether an error that leaves the handler is answered for it if it is a refusal of the key by its provider. `false` for
   * handlers that also use a key of the application's own of the same provider.
   * @defaultValue `true`
   */
  feedback?: boolean;
}
