import type { KeySource } from './key-owner.interface.js';

/**
 * What can be told of a stored key without decrypting it.
 *
 * @publicApi
 */
export interface StoredKey {
  provider: string;
  label: string;
  /** `…` and the last four characters, or `…` alone for a key of fewer than 20. */
  hint: string;
  /** Hex. The same for the same key of the same provider; keyed, so nobody else can compute it. */
  fingerprint: string;
  /** Names of the extra values, not the values. */
  fields: string[];
  createdAt: Date;
  updatedAt: Date;
  /** `null`: never. */
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  source: KeySource;
  /** `unreadable`: no given secret opens it. It stays and can be replaced or deleted. */
  status: 'active' | 'expired' | 'unreadable';
}

/** Options of `ByokService.setKey`. @publicApi */
export interface SetKeyOptions {
  /** Several keys of one provider are told apart by label. Default `'default'`. */
  label?: string;
  /** Milliseconds until it expires, `null` for never. Default: the module's `defaultTtl`. */
  ttl?: number | null;
  /** When it expires, instead of `ttl`. */
  expiresAt?: Date;
  /** Extra values of the provider, encrypted with the key. */
  fields?: Record<string, string>;
  /** Refuse instead of replacing a key that has the label already and has not expired. Default false. */
  ifAbsent?: boolean;
}

/** Which of a provider's keys. @publicApi */
export interface KeyLabelOptions {
  /** Default `'default'`. */
  label?: string;
}
