import type { ByokEvent } from './byok-event.interface.js';
import type { KeyOwner, KeySource } from './key-owner.interface.js';
import type { StoredKey } from './stored-key.interface.js';

/** An entry of the audit log. It never contains a key. @publicApi */
export interface AuditEntry {
  /** Time of the instance that did it. */
  at: Date;
  /** What happened. */
  action: ByokEvent['type'];
  /** `denied`: a handler required a key that is not stored. `failure`: the stored key could not be decrypted. */
  outcome: 'success' | 'denied' | 'failure';
  provider: string;
  label: string;
  /** Id in hex of the encryption key of the record, if known. */
  keyId: string | null;
  source: KeySource | 'platform' | null;
  /** The user who did it; `null` if that is the owner, or the application's own code. */
  actor: KeyOwner | null;
  /** The request's `id`, if the application sets one; `null` if the entry counts several uses. */
  requestId: string | null;
  /** Number of uses: uses of one key within a second are one entry. */
  times: number;
}

/** What is stored about a user, without keys. @publicApi */
export interface UserMetadata {
  userId: string;
  exportedAt: Date;
  /** Keys in the database. Keys in sessions are removed with the session. */
  keys: StoredKey[];
  /** Newest first; empty if the option `audit` is off. */
  auditEntries: AuditEntry[];
}

/** What is stored about an owner of any kind, without keys. @publicApi */
export interface OwnerMetadata extends Omit<UserMetadata, 'userId'> {
  owner: KeyOwner;
}

/** What `ByokService.eraseUser` and `eraseOwner` removed. @publicApi */
export interface ErasedUser {
  keys: number;
  auditEntries: number;
}
