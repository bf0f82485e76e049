import type { KeyOwner, KeySource } from './key-owner.interface.js';

/**
 * Something that happened to a key, for an audit trail or metrics. It never contains a key.
 *
 * @publicApi
 */
export interface ByokEvent {
  /** `accepted` and `refused`: by the key's provider, when the key was checked or used. */
  type:
    | 'stored'
    | 'replaced'
    | 'updated'
    | 'deleted'
    | 'expired'
    | 'used'
    | 'denied'
    | 'decryptFailed'
    | 'rotated'
    | 'expiring'
    | 'unused'
    | 'accepted'
    | 'refused';
  at: Date;
  owner: KeyOwner;
  /** The signed-in user whose request did it. Absent if the application's own code did. */
  actor?: KeyOwner;
  provider: string;
  label: string;
  /** Id in hex of the encryption key of the record. */
  keyId?: string;
  /** `platform`: not stored, from the option `platformKeys`. */
  source?: KeySource | 'platform';
  /** The request's `id`, if the application sets one. */
  requestId?: string;
}
