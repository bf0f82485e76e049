import type { KeyOutcome, KeyOwner, KeySource, KeyVerdictReason, LastCheck } from '../interfaces/index.js';
import type { SessionHandle } from './session/session-handle.js';
import type { ImportedKey, ImportOptions, ImportOutcome, KeyNotice, NoticeAges } from './many-keys.interface.js';

/** Who is asking, as far as a storage needs to know. @publicApi */
export interface KeyCaller {
  /** The signed-in user, if there is one. */
  userId: string | undefined;
  /** The session of the request, if there is one. */
  session: SessionHandle | undefined;
}

/** Where a caller's keys are, and whose they are there. @publicApi */
export interface KeyScope {
  source: KeySource;
  owner: KeyOwner;
  /** Present where `source` is `'session'`. */
  session?: SessionHandle;
  /** The user who acts, if that is not the owner. */
  actor?: KeyOwner | undefined;
}

/** One of an owner's keys. @publicApi */
export interface KeySlot {
  provider: string;
  label: string;
}

/**
 * The key of that label, or the owner's default key of the provider: of the keys that have not expired the one chosen
 * last, else the one labeled `default`, else the oldest.
 *
 * @publicApi
 */
export interface KeyQuery {
  provider: string;
  label?: string | undefined;
}

/** What a read needs for handing a key out: opaque bytes and the expiry they are bound to. @publicApi */
export interface SealedKey {
  ciphertext: Buffer;
  expiresAt: Date | null;
}

/** A key that was found. @publicApi */
export interface FoundKey extends SealedKey {
  label: string;
  /** `refused`: its provider refused it; `accepted`: with a reservation, such as no credit; `null`: nothing of the kind. */
  doubt: 'refused' | 'accepted' | null;
}

/** A provider's word about a record. @publicApi */
export interface RecordVerdict {
  outcome: KeyOutcome;
  reason: KeyVerdictReason | null;
  by: LastCheck['by'];
}

/** A record as it is written. @publicApi */
export interface KeyRecord extends KeySlot, SealedKey {
  /** Id of the encryption key that sealed `ciphertext`. */
  keyId: Buffer;
  hint: string;
  fingerprint: Buffer;
  fieldNames: string[];
  /** What its provider said of it before it was written. */
  verdict?: RecordVerdict | undefined;
}

/** A record as it is listed. `ciphertext` is at least its first 74 bytes. @publicApi */
export interface ListedKey extends KeyRecord {
  createdAt: Date;
  updatedAt: Date;
  lastUsedAt: Date | null;
  /** By the storage's clock. */
  expired: boolean;
  /** Whether it is the owner's default key of its provider. */
  isDefault: boolean;
  /** The last word of its provider about this version of the key. */
  lastCheck: LastCheck | null;
}

/** A change of a record that was read before. @publicApi */
export interface RecordChange {
  /** Which record. */
  slot: KeySlot;
  /** Its ciphertext as it was read: another one by now is not replaced. */
  read: Buffer;
  /** What it becomes, under a new label too. */
  record: KeyRecord;
  /** Whether the key is another one: it was never used. */
  isNewKey: boolean;
  /** Whether the key or a field is another one: this changes `updatedAt`. */
  isNewVersion: boolean;
}

/** What changes in a record that is sealed anew with the first secret. @publicApi */
export type RenewedKey = Pick<KeyRecord, 'ciphertext' | 'keyId' | 'fingerprint'>;

/** What a write did. @publicApi */
export interface PutResult {
  record: ListedKey;
  replaced: boolean;
}

/** An expired record that was removed. @publicApi */
export interface RemovedKey extends KeySlot {
  owner: KeyOwner;
  source: KeySource;
}

/**
 * Keeps sealed records. A storage knows nothing of encryption: what it is given is opaque, and it never decides
 * that a record is bad.
 *
 * The interface and the injection token have one name: `@Inject(KeyStorage) storage: KeyStorage`.
 *
 * @publicApi
 */
export interface KeyStorage {
  /**
   * Where this caller's keys are.
   *
   * @throws UserRequiredError if keys are kept per user and nobody is signed in
   * @throws StorageError if they are kept in the session and there is none
   */
  scopeOf(caller: KeyCaller): KeyScope;
  /** Where this caller's keys are while they are not signed in; `null` where visitors have none. */
  visitorScopeOf(caller: KeyCaller): KeyScope | null;
  /**
   * Writes a record, or replaces the one in its slot.
   *
   * @throws KeyLimitError if it would be one more than `limit`
   */
  put(scope: KeyScope, record: KeyRecord, limit: number): Promise<PutResult>;
  /**
   * Writes a record unless its slot is taken by one that is not expired, or the limit reached; whether it did. In the slot
   * of an expired record, it is a new key: not one that was chosen as the default.
   */
  putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean>;
  /**
   * Writes a batch of keys of any owners, no two of one slot; what became of each in turn. The default key of a provider stays
   * the default key; where there is none, the first of the batch becomes it. In the slot of an expired record, a key is a new
   * one. Only storages that keep everybody's keys in one place have it.
   */
  importKeys?(keys: readonly ImportedKey[], options: ImportOptions): Promise<ImportOutcome[]>;
  /**
   * Changes a record, unless it is another one by now than the one that was read: then `null`. Whether it is the default
   * key stays as it was chosen.
   *
   * @throws KeyConflictError if the new label is taken by a record that is not expired
   * @throws KeyLimitError if it was expired, and would be one more than `limit`
   */
  update(scope: KeyScope, change: RecordChange, limit: number): Promise<ListedKey | null>;
  /** Makes a record the default key of its provider and returns it whole; `null` if it is missing or expired. */
  setDefault(scope: KeyScope, slot: KeySlot): Promise<ListedKey | null>;
  /** Chooses what is the default key of these providers now, so that a record that is added does not become it. */
  pinDefaults(scope: KeyScope, providers: readonly string[]): Promise<void>;
  /**
   * The record that each query finds, `null` for none or an expired one.
   *
   * @param isAbandoned - Whether nobody waits for the answer any more: then a storage need not ask for it.
   */
  read(scope: KeyScope, queries: readonly KeyQuery[], isAbandoned?: () => boolean): Promise<(FoundKey | null)[]>;
  /**
   * The same for several owners, in one step: for each the records that the queries find. Storages without it are asked for
   * one owner after the other.
   */
  readAcross?(
    scopes: readonly KeyScope[],
    queries: readonly KeyQuery[],
    isAbandoned?: () => boolean,
  ): Promise<(FoundKey | null)[][]>;
  /** The record that a query finds, whole; an expired one if there is no other. */
  readRecord(scope: KeyScope, query: KeyQuery): Promise<ListedKey | null>;
  /**
   * Notes what a provider said of a record, unless it is another one by now than the one that was read; the record as it is
   * then, `null` if it is another one. What is unknown does not replace something definite.
   *
   * @param read - Its ciphertext as it was read.
   */
  noteVerdict(scope: KeyScope, slot: KeySlot, read: Buffer, verdict: RecordVerdict): Promise<ListedKey | null>;
  /** Notes that a key was handed out, for `lastUsedAt`. Returns at once: nobody waits for it, and it never fails. */
  recordUse(scope: KeyScope, slot: KeySlot): void;
  /**
   * Seals a record anew, unless it is another by now than the one that was read; whether it did. It stays the same key,
   * stored and changed when it was. Only storages whose records are sealed anew when they are read have it.
   */
  renew?(scope: KeyScope, slot: KeySlot, read: SealedKey, renewed: RenewedKey): Promise<boolean>;
  /**
   * All of the owner's records by provider and label, expired ones too.
   *
   * @param whole - Providers whose records are needed whole.
   */
  list(scope: KeyScope, whole?: readonly string[]): Promise<ListedKey[]>;
  /** All of the owner's records that are not expired, whole. */
  readAll(scope: KeyScope): Promise<ListedKey[]>;
  /** Removes the record that a query finds, an expired one if there is no other; which it was. */
  delete(scope: KeyScope, query: KeyQuery): Promise<KeySlot | null>;
  /** Removes all of the owner's. */
  clear(scope: KeyScope): Promise<RemovedKey[]>;
  /** Removes the owner's expired records. */
  deleteExpired(scope: KeyScope): Promise<RemovedKey[]>;
  /**
   * Yields pages of everybody's keys of these providers that nothing definite was said about for `age` milliseconds, in the
   * order of the primary key. A page may be empty: it stands for a part of the table. Only storages that can go through all
   * keys have it.
   *
   * @param owner - Only keys of this owner.
   */
  unchecked?(providers: readonly string[], age: number, owner?: KeyOwner): AsyncIterable<OwnedSlot[]>;
  /**
   * Claims the notices that are due of everybody's keys, and yields those of each page of the table: each notice once, of all
   * instances together. Only storages that can go through all keys have it.
   */
  claimNotices?(ages: NoticeAges): AsyncIterable<KeyNotice[]>;
  /**
   * Removes everybody's expired records, as far as the storage can reach them, and yields each batch when it is removed;
   * with `ifFree`, unless another instance is doing that.
   */
  deleteAllExpired(options?: { ifFree?: boolean }): AsyncIterable<RemovedKey[]>;
}

/** A stored key, and whose it is. @publicApi */
export interface OwnedSlot extends KeySlot {
  owner: KeyOwner;
}

/** Injection token of the storage in use. @publicApi */
export const KeyStorage = Symbol('KeyStorage');
