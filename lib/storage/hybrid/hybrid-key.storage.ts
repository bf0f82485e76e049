import { Injectable } from '@nestjs/common';
import { UserRequiredError } from '../../errors/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type {
  FoundKey,
  KeyCaller,
  KeyQuery,
  KeyRecord,
  KeyScope,
  KeySlot,
  KeyStorage,
  ListedKey,
  OwnedSlot,
  PutResult,
  RecordChange,
  RecordVerdict,
  RemovedKey,
  RenewedKey,
  SealedKey,
} from '../key-storage.interface.js';
import type { ImportedKey, ImportOptions, ImportOutcome, KeyNotice, NoticeAges } from '../many-keys.interface.js';
import { SessionKeyStorage } from '../session/session-key.storage.js';
import { TypeOrmKeyStorage } from '../typeorm/typeorm-key.storage.js';

/**
 * Signed-in users' keys in the database, anonymous visitors' in their session. Every key is in exactly one of them.
 *
 * @publicApi
 */
@Injectable()
export class HybridKeyStorage implements KeyStorage {
  constructor(
    private readonly session: SessionKeyStorage,
    private readonly database: TypeOrmKeyStorage,
  ) {}

  scopeOf(caller: KeyCaller): KeyScope {
    if (caller.userId !== undefined) return this.database.scopeOf(caller);
    if (!caller.session) throw new UserRequiredError('Sign in first: this request has neither a user nor a session.');
    return this.session.scopeOf(caller);
  }

  visitorScopeOf(caller: KeyCaller): KeyScope {
    return this.session.visitorScopeOf(caller);
  }

  put(scope: KeyScope, record: KeyRecord, limit: number): Promise<PutResult> {
    return this.#of(scope).put(scope, record, limit);
  }

  putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    return this.#of(scope).putIfAbsent(scope, record, limit);
  }

  importKeys(keys: readonly ImportedKey[], options: ImportOptions): Promise<ImportOutcome[]> {
    return this.database.importKeys(keys, options);
  }

  update(scope: KeyScope, change: RecordChange, limit: number): Promise<ListedKey | null> {
    return this.#of(scope).update(scope, change, limit);
  }

  setDefault(scope: KeyScope, slot: KeySlot): Promise<ListedKey | null> {
    return this.#of(scope).setDefault(scope, slot);
  }

  pinDefaults(scope: KeyScope, providers: readonly string[]): Promise<void> {
    return this.#of(scope).pinDefaults(scope, providers);
  }

  read(scope: KeyScope, queries: readonly KeyQuery[], isAbandoned?: () => boolean): Promise<(FoundKey | null)[]> {
    return this.#of(scope).read(scope, queries, isAbandoned);
  }

  /** Visitors' keys are in sessions, each of which has one owner. */
  async readAcross(
    scopes: readonly KeyScope[],
    queries: readonly KeyQuery[],
    isAbandoned?: () => boolean,
  ): Promise<(FoundKey | null)[][]> {
    const inDatabase = scopes.filter(({ source }) => source === 'database');
    const found = await this.database.readAcross(inDatabase, queries, isAbandoned);
    return Promise.all(
      scopes.map(async (scope) => found[inDatabase.indexOf(scope)] ?? this.session.read(scope, queries)),
    );
  }

  readRecord(scope: KeyScope, query: KeyQuery): Promise<ListedKey | null> {
    return this.#of(scope).readRecord(scope, query);
  }

  noteVerdict(scope: KeyScope, slot: KeySlot, read: Buffer, verdict: RecordVerdict): Promise<ListedKey | null> {
    return this.#of(scope).noteVerdict(scope, slot, read, verdict);
  }

  recordUse(scope: KeyScope, slot: KeySlot): void {
    this.#of(scope).recordUse(scope, slot);
  }

  async renew(scope: KeyScope, slot: KeySlot, read: SealedKey, renewed: RenewedKey): Promise<boolean> {
    return scope.source === 'session' && this.session.renew(scope, slot, read, renewed);
  }

  list(scope: KeyScope, whole?: readonly string[]): Promise<ListedKey[]> {
    return this.#of(scope).list(scope, whole);
  }

  readAll(scope: KeyScope): Promise<ListedKey[]> {
    return this.#of(scope).readAll(scope);
  }

  delete(scope: KeyScope, query: KeyQuery): Promise<KeySlot | null> {
    return this.#of(scope).delete(scope, query);
  }

  clear(scope: KeyScope): Promise<RemovedKey[]> {
    return this.#of(scope).clear(scope);
  }

  deleteExpired(scope: KeyScope): Promise<RemovedKey[]> {
    return this.#of(scope).deleteExpired(scope);
  }

  unchecked(providers: readonly string[], age: number, owner?: KeyOwner): AsyncIterable<OwnedSlot[]> {
    return this.database.unchecked(providers, age, owner);
  }

  claimNotices(ages: NoticeAges): AsyncIterable<KeyNotice[]> {
    return this.database.claimNotices(ages);
  }

  deleteAllExpired(options?: { ifFree?: boolean }): AsyncIterable<RemovedKey[]> {
    return this.database.deleteAllExpired(options);
  }

  #of(scope: KeyScope): KeyStorage {
    return scope.source === 'database' ? this.database : this.session;
  }
}
