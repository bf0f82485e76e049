export { HybridKeyStorage } from './hybrid/hybrid-key.storage.js';
export {
  type FoundKey,
  type KeyCaller,
  type KeyQuery,
  type KeyScope,
  type KeyRecord,
  type KeySlot,
  KeyStorage,
  type ListedKey,
  type OwnedSlot,
  type PutResult,
  type RecordChange,
  type RecordVerdict,
  type RemovedKey,
  type RenewedKey,
  type SealedKey,
} from './key-storage.interface.js';
export type { ImportedKey, ImportOptions, ImportOutcome, KeyNotice, NoticeAges } from './many-keys.interface.js';
export { MemoryKeyStorage } from './memory/memory-key.storage.js';
export {
  type SessionHandle,
  type SessionStoreCallback,
  type SessionStoreLike,
  endedSession,
  hasEnded,
  sessionOf,
} from './session/session-handle.js';
export { SessionKeyStorage } from './session/session-key.storage.js';
export { TypeOrmKeyStorage } from './typeorm/typeorm-key.storage.js';
