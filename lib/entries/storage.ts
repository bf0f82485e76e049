/**
 * `nestjs-byok/storage`: the contract of a storage and the three that the library has.
 *
 * @packageDocumentation
 */
export type { KeyOutcome, KeyOwner, KeySource, KeyVerdictReason, LastCheck } from '../interfaces/index.js';
export {
  HybridKeyStorage,
  KeyStorage,
  SessionKeyStorage,
  TypeOrmKeyStorage,
  type FoundKey,
  type ImportedKey,
  type ImportOptions,
  type ImportOutcome,
  type KeyCaller,
  type KeyQuery,
  type KeyScope,
  type KeyRecord,
  type KeySlot,
  type ListedKey,
  type KeyNotice,
  type NoticeAges,
  type OwnedSlot,
  type PutResult,
  type RecordChange,
  type RecordVerdict,
  type RemovedKey,
  type RenewedKey,
  type SealedKey,
  type SessionHandle,
  type SessionStoreCallback,
  type SessionStoreLike,
} from '../storage/index.js';
