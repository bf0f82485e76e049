import type { KeyRecord, KeyScope, OwnedSlot } from './key-storage.interface.js';

/** A key of an import. @publicApi */
export interface ImportedKey {
  scope: KeyScope;
  record: KeyRecord;
  /** When it was created elsewhere; `null`: now. */
  createdAt: Date | null;
}

/** How a batch of an import is written. @publicApi */
export interface ImportOptions {
  /** Whether a record that is not expired is replaced; otherwise it stays. */
  replace: boolean;
  /** Whether to write nothing. */
  dryRun: boolean;
  /** Records that an owner may have. */
  limit: number;
}

/** What became of a key of an import; `limit`: its owner has as many as they may. @publicApi */
export type ImportOutcome = 'stored' | 'replaced' | 'skipped' | 'limit';

/** When a notice of a key is due, in milliseconds; `null`: never. @publicApi */
export interface NoticeAges {
  /** Before its expiry. */
  expiringWithin: number | null;
  /** Since its last use, or since it was stored. */
  unusedFor: number | null;
}

/** A notice of a key. @publicApi */
export interface KeyNotice extends OwnedSlot {
  type: 'expiring' | 'unused';
}
