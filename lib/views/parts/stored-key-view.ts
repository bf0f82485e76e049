import type { StoredKey } from '../../interfaces/index.js';
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
  /** Names of the additional values. */
  fieldNames?: readonly string[];
  /** Default: by `expiresAt`. */
  status?: StoredKey['status'];
}
