import type { ByokEvent } from './byok-event.interface.js';
import type { KeySource } from './key-owner.interface.js';
import type { StoredKey } from './stored-key.interface.js';

/** Something that happened to a key, as the audit log has it. Never carries a key. @publicApi */
export interface AuditEntry {
  /** By the clock of the instance that did it. */
  at: Date;
  action: ByokEvent['type'];
  /** `denied`: a handler needed a key and there was none. `failure`: there was one and it could not be opened. */
  outcome: 'success' | 'denied' | 'failure';
  provider: string;
  label: string;
  /** Hex id of the encryption key that sealed the record, where it is known. */
  keyId: string | null;
  source: KeySource | null;
  /** The request's `id`, where the application gives requests one; `null` for several uses in one entry. */
  requestId: string | null;
  /** How often: uses of one key within a second are one entry. */
  times: number;
}

/** Everything that is stored about a user, without secrets. @publicApi */
export interface UserMetadata {
  userId: string;
  exportedAt: Date;
  /** In the database; what is in a session goes with the session. */
  keys: StoredKey[];
  /** Newest first; empty where `audit` is off. */
  auditEntries: AuditEntry[];
}

/** What `ByokService.eraseUser` removed. @publicApi */
export interface ErasedUser {
  keys: number;
  auditEntries: number;
}
