import type { KeySource } from './key-owner.interface.js';

/**
 * Describes a stored key, without the key.
 *
 * @publicApi
 */
export interface StoredKey {
  provider: string;
  label: string;
  /** `…` and the last four characters; only `…` for keys of fewer than 20 characters. */
  hint: string;
  /** HMAC in hex. Equal for equal keys of one provider under one root secret. */
  fingerprint: string;
  /** Names of the extra fields, without values. */
  fields: string[];
  createdAt: Date;
  updatedAt: Date;
  /** `null`: never. */
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  source: KeySource;
  /** `unreadable`: none of the given secrets decrypts it. It stays stored and can be replaced or deleted. */
  status: 'active' | 'expired' | 'unreadable';
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
}

/** Selects one of a provider's keys. @publicApi */
export interface KeyLabelOptions {
  /**
   * Label of the key.
   * @defaultValue `'default'`
   */
  label?: string;
}
