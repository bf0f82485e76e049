import type { KeyOwner, KeySource } from '../interfaces/index.js';
import type { SessionHandle } from './session/session-handle.js';

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
}

/** Which of an owner's keys. @publicApi */
export interface KeySlot {
  provider: string;
  label: string;
}

/** What a read needs for handing a key out: opaque bytes and the expiry they are bound to. @publicApi */
export interface SealedKey {
  ciphertext: Buffer;
  expiresAt: Date | null;
}

/** A record as it is written. @publicApi */
export interface KeyRecord extends KeySlot, SealedKey {
  /** Id of the encryption key that sealed `ciphertext`. */
  keyId: Buffer;
  hint: string;
  fingerprint: Buffer;
  fieldNames: string[];
}

/** A record as it is listed. `ciphertext` is at least its first 74 bytes. @publicApi */
export interface ListedKey extends KeyRecord {
  createdAt: Date;
  updatedAt: Date;
  lastUsedAt: Date | null;
  /** By the storage's clock. */
  expired: boolean;
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
  /** Writes a record unless its slot is taken by one that is not expired, or the limit reached; whether it did. */
  putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean>;
  /**
   * The record of each slot in turn, `null` for none or an expired one.
   *
   * @param isAbandoned - Whether nobody waits for the answer any more: then a storage need not ask for it.
   */
  read(scope: KeyScope, slots: readonly KeySlot[], isAbandoned?: () => boolean): Promise<(SealedKey | null)[]>;
  /** Notes that a key was handed out, for `lastUsedAt`. Returns at once: nobody waits for it, and it never fails. */
  recordUse(scope: KeyScope, slot: KeySlot): void;
  /**
   * Seals a record anew, unless it is another by now than the one that was read; whether it did. It stays the same key,
   * stored and changed when it was. Only storages whose records are sealed anew when they are read have it.
   */
  renew?(scope: KeyScope, slot: KeySlot, read: SealedKey, renewed: RenewedKey): Promise<boolean>;
  /** All of the owner's records by provider and label, expired ones too. */
  list(scope: KeyScope): Promise<ListedKey[]>;
  /** All of the owner's records that are not expired, whole. */
  readAll(scope: KeyScope): Promise<ListedKey[]>;
  /** Removes one; whether there was one. */
  delete(scope: KeyScope, slot: KeySlot): Promise<boolean>;
  /** Removes all of the owner's. */
  clear(scope: KeyScope): Promise<RemovedKey[]>;
  /** Removes the owner's expired records. */
  deleteExpired(scope: KeyScope): Promise<RemovedKey[]>;
  /**
   * Removes everybody's expired records, as far as the storage can reach them, and tells of each batch when it is removed;
   * with `ifFree`, unless another instance is doing that.
   */
  deleteAllExpired(options?: { ifFree?: boolean }): AsyncIterable<RemovedKey[]>;
}

/** Injection token of the storage in use. @publicApi */
export const KeyStorage = Symbol('KeyStorage');
