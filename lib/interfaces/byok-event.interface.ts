import type { KeyOwner, KeySource } from './key-owner.interface.js';

/**
 * Something that happened to a key, for an audit trail or metrics. Never carries a key.
 *
 * @publicApi
 */
export interface ByokEvent {
  type: 'stored' | 'replaced' | 'deleted' | 'expired' | 'used' | 'denied' | 'decryptFailed' | 'rotated';
  at: Date;
  owner: KeyOwner;
  provider: string;
  label: string;
  /** Hex id of the encryption key that sealed the record. */
  keyId?: string;
  source?: KeySource;
  /** The request's `id`, where the application gives requests one. */
  requestId?: string;
}
