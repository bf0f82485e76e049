import { UserRequiredError } from '../../errors/index.js';
import type {
  FoundKey,
  KeyCaller,
  KeyQuery,
  KeyRecord,
  KeyScope,
  KeySlot,
  KeyStorage,
  ListedKey,
  PutResult,
  RecordChange,
  RecordVerdict,
  RemovedKey,
} from '../key-storage.interface.js';
import type { SessionHandle } from '../session/session-handle.js';
import { SessionKeyStorage } from '../session/session-key.storage.js';

/**
 * Keeps the sealed records of signed-in users in memory, where `TypeOrmKeyStorage` has them in Postgres: for tests. Each owner
 * has a session of their own, which only this storage knows.
 *
 * @internal
 */
export class MemoryKeyStorage implements KeyStorage {
  readonly #sessions = new SessionKeyStorage();
  readonly #handles = new Map<string, SessionHandle>();
  readonly #lastUsed = new Map<string, Date>();

  scopeOf(caller: KeyCaller): KeyScope {
    if (caller.userId === undefined) throw new UserRequiredError();
    return { source: 'database', owner: { kind: 'user', id: caller.userId } };
  }

  visitorScopeOf(): null {
    return null;
  }

  async put(scope: KeyScope, record: KeyRecord, limit: number): Promise<PutResult> {
    const { replaced, record: written } = await this.#sessions.put(this.#inner(scope), record, limit);
    this.#forgetUse(scope, written);
    return { replaced, record: written };
  }

  async putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    const isWritten = await this.#sessions.putIfAbsent(this.#inner(scope), record, limit);
    if (isWritten) this.#forgetUse(scope, record);
    return isWritten;
  }

  async update(scope: KeyScope, change: RecordChange, limit: number): Promise<ListedKey | null> {
    const written = await this.#sessions.update(this.#inner(scope), change, limit);
    if (!written) return null;
    const used = this.#lastUsed.get(useOf(scope, change.slot));
    this.#forgetUse(scope, change.slot);
    if (used && !change.isNewKey) this.#lastUsed.set(useOf(scope, written), used);
    return this.#withUse(scope, written);
  }

  async setDefault(scope: KeyScope, slot: KeySlot): Promise<ListedKey | null> {
    return this.#withUse(scope, await this.#sessions.setDefault(this.#inner(scope), slot));
  }

  pinDefaults(scope: KeyScope, providers: readonly string[]): Promise<void> {
    return this.#sessions.pinDefaults(this.#inner(scope), providers);
  }

  read(scope: KeyScope, queries: readonly KeyQuery[]): Promise<(FoundKey | null)[]> {
    return this.#sessions.read(this.#inner(scope), queries);
  }

  async readRecord(scope: KeyScope, query: KeyQuery): Promise<ListedKey | null> {
    return this.#withUse(scope, await this.#sessions.readRecord(this.#inner(scope), query));
  }

  async noteVerdict(scope: KeyScope, slot: KeySlot, read: Buffer, verdict: RecordVerdict): Promise<ListedKey | null> {
    return this.#withUse(scope, await this.#sessions.noteVerdict(this.#inner(scope), slot, read, verdict));
  }

  recordUse(scope: KeyScope, slot: KeySlot): void {
    this.#lastUsed.set(useOf(scope, slot), new Date());
  }

  async list(scope: KeyScope): Promise<ListedKey[]> {
    const records = await this.#sessions.list(this.#inner(scope));
    return records.map((record) => this.#withUse(scope, record));
  }

  async readAll(scope: KeyScope): Promise<ListedKey[]> {
    return (await this.list(scope)).filter((record) => !record.expired);
  }

  delete(scope: KeyScope, query: KeyQuery): Promise<KeySlot | null> {
    return this.#sessions.delete(this.#inner(scope), query);
  }

  async clear(scope: KeyScope): Promise<RemovedKey[]> {
    return removedFrom(scope, await this.#sessions.clear(this.#inner(scope)));
  }

  async deleteExpired(scope: KeyScope): Promise<RemovedKey[]> {
    return removedFrom(scope, await this.#sessions.deleteExpired(this.#inner(scope)));
  }

  async *deleteAllExpired(): AsyncGenerator<RemovedKey[], void, undefined> {
    for (const key of [...this.#handles.keys()]) {
      const [kind, ...id] = key.split('\n');
      const scope: KeyScope = { source: 'database', owner: { kind: kind, id: id.join('\n') } };
      const removed = await this.deleteExpired(scope);
      if (removed.length > 0) yield removed;
    }
  }

  #inner({ owner }: KeyScope): KeyScope {
    const id = `${owner.kind}\n${owner.id}`;
    let session = this.#handles.get(id);
    if (!session) {
      session = { id, data: {}, store: undefined, ended: false, save: async () => {} };
      this.#handles.set(id, session);
    }
    return { source: 'session', owner, session };
  }

  #withUse<T extends ListedKey | null>(scope: KeyScope, record: T): T {
    return record && { ...record, lastUsedAt: this.#lastUsed.get(useOf(scope, record)) ?? null };
  }

  #forgetUse(scope: KeyScope, slot: KeySlot): void {
    this.#lastUsed.delete(useOf(scope, slot));
  }
}

function useOf({ owner }: KeyScope, { provider, label }: KeySlot): string {
  return JSON.stringify([owner.kind, owner.id, provider, label]);
}

function removedFrom({ source }: KeyScope, removed: RemovedKey[]): RemovedKey[] {
  return removed.map((key) => ({ ...key, source }));
}
