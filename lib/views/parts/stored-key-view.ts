import type { KeyOutcome, KeyVerdictReason, StoredKey } from '../../interfaces/index.js';
import type { Moment } from '../format/index.js';

/** What is shown of a stored key: a `StoredKey`, or the JSON API's form of it. @publicApi */
export interface StoredKeyView {
  /** Default `'default'`, and then not shown. */
  label?: string;
  /** `…` and the last characters. Never the key. */
  hint?: string;
  createdAt?: Moment | null;
  updatedAt?: Moment | null;
  /** `null`: never. */
  expiresAt?: Moment | null;
  lastUsedAt?: Moment | null;
  /** Whether it is the one that is used where no label is named. */
  isDefault?: boolean;
  /** Names of the additional values. */
  fieldNames?: readonly string[];
  /** Values of those that are no secrets. */
  visibleFields?: Readonly<Record<string, string>>;
  /** The last word of its provider. */
  lastCheck?: { outcome: KeyOutcome; reason?: KeyVerdictReason | null; at: Moment } | null;
  /** Whether it expires soon or was not used for long. Default: by `expiresAt`. */
  notice?: StoredKey['notice'];
  /** Default: by `expiresAt`. */
  status?: StoredKey['status'];
}
