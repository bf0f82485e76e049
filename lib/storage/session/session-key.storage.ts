import { Injectable } from '@nestjs/common';
import { KeyLimitError, SESSION_REASON, StorageError } from '../../errors/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type {
  KeyCaller,
  KeyRecord,
  KeyScope,
  KeySlot,
  KeyStorage,
  ListedKey,
  PutResult,
  RemovedKey,
  RenewedKey,
  SealedKey,
} from '../key-storage.interface.js';
import { hasEnded, readStore, type SessionHandle } from './session-handle.js';
import { bySlot, removed, visitorScope } from './session-owners.js';
import {
  findCurrent,
  isExpired,
  isOwnedBy,
  isSlot,
  isForeign,
  recordsOf,
  renewedRecord,
  SESSION_PROPERTY,
  type SessionRecord,
  toListedKey,
  toSealedKey,
  toSessionRecord,
} from './session-records.js';
import { Tombstones } from './tombstones.js';

/**
 * Keeps sealed records in `request.session`: those of a signed-in user bound to the user, those of a visitor bound to
 * the session.
 *
 * Writes are saved at once and start from what the store has now, not from what this request loaded when it began.
 *
 * @publicApi
 */
@Injectable()
export class SessionKeyStorage implements KeyStorage {
  readonly #tombstones = new Tombstones();
  /** The last write in this process to each session: writes to one session wait for each other. */
  readonly #writes = new Map<string, Promise<unknown>>();

  scopeOf(caller: KeyCaller): KeyScope {
    const session = requireSession(caller);
    if (caller.userId === undefined) return visitorScope(session);
    return { source: 'session', owner: { kind: 'user', id: caller.userId }, session };
  }

  visitorScopeOf(caller: KeyCaller): KeyScope {
    return visitorScope(requireSession(caller));
  }

  async put(scope: KeyScope, record: KeyRecord, limit: number): Promise<PutResult> {
    return this.#write(scope, async (records) => {
      const old = records.owned.find((r) => isSlot(r, record));
      const others = records.owned.filter((r) => r !== old && !isExpired(r));
      // An expired record is one more: it did not count.
      if ((!old || isExpired(old)) && others.length >= limit) throw new KeyLimitError(limit);
      const now = Date.now();
      const written = toSessionRecord(scope.owner, record, old?.createdAt ?? now, now);
      return {
        result: { record: toListedKey(written), replaced: old !== undefined },
        remove: old ? [old] : [],
        add: [written],
      };
    });
  }

  async putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    return this.#write(scope, async (records) => {
      const old = records.owned.find((r) => isSlot(r, record));
      const others = records.owned.filter((r) => r !== old && !isExpired(r));
      if ((old && !isExpired(old)) || others.length >= limit) return { result: false };
      const now = Date.now();
      const written = toSessionRecord(scope.owner, record, now, now);
      return { result: true, remove: old ? [old] : [], add: [written] };
    });
  }

  async read(scope: KeyScope, slots: readonly KeySlot[]): Promise<(SealedKey | null)[]> {
    await this.#purgeForeign(scope);
    return Promise.all(slots.map((slot) => this.#readOne(scope, slot)));
  }

  async #readOne(scope: KeyScope, slot: KeySlot): Promise<SealedKey | null> {
    const session = requireSession(scope);
    const loaded = findCurrent(session.data, scope.owner, slot);
    if (!loaded) return null;
    if (!(await this.#tombstones.has(session, loaded))) return toSealedKey(loaded);
    // Deleted or replaced since this request loaded its session. If replaced, the store has the new record.
    const stored = session.store && !session.ended ? await readStore(session.store, session.id) : null;
    const current = findCurrent(stored, scope.owner, slot);
    const found = current && !(await this.#tombstones.has(session, current)) ? toSealedKey(current) : null;
    await this.#purgeTombstoned(scope);
    return found;
  }

  /** Not recorded: it would save the whole session on every request that uses a key. */
  recordUse(): void {}

  /**
   * Leaves no tombstone: it is the same key, and if a slow request writes the old record back, that one is read and
   * re-encrypted again. A later deletion removes both: they have the same origin.
   */
  async renew(scope: KeyScope, slot: KeySlot, read: SealedKey, renewed: RenewedKey): Promise<boolean> {
    const session = requireSession(scope);
    if (await hasEnded(session)) return false;
    const sealed = read.ciphertext.toString('base64url');
    return this.#write(scope, async ({ owned }) => {
      const old = owned.find((r) => isSlot(r, slot) && r.sealed === sealed);
      return { result: old !== undefined, renew: old && [old, renewedRecord(old, renewed)] };
    });
  }

  async list(scope: KeyScope): Promise<ListedKey[]> {
    await this.#purgeForeign(scope);
    const session = requireSession(scope);
    const { owned, tombstoned } = await this.#sortRecords(session, recordsOf(session.data), scope.owner);
    if (tombstoned.length > 0) await this.#purgeTombstoned(scope);
    return owned.map(toListedKey).sort(bySlot);
  }

  async readAll(scope: KeyScope): Promise<ListedKey[]> {
    return (await this.list(scope)).filter((record) => !record.expired);
  }

  async delete(scope: KeyScope, slot: KeySlot): Promise<boolean> {
    return this.#write(scope, async (records) => {
      const remove = records.owned.filter((r) => isSlot(r, slot));
      return { result: remove.length > 0, remove };
    });
  }

  async clear(scope: KeyScope): Promise<RemovedKey[]> {
    return this.#write(scope, async ({ owned }) => ({ result: removed(scope, owned), remove: owned }));
  }

  async deleteExpired(scope: KeyScope): Promise<RemovedKey[]> {
    const session = requireSession(scope);
    // Checked first: usually there is nothing to write, and the session may have ended with its request.
    if (!recordsOf(session.data).some((r) => isOwnedBy(r, scope.owner) && isExpired(r))) return [];
    if (await hasEnded(session)) return [];
    return this.#write(scope, async ({ owned }) => {
      const expired = owned.filter((r) => isExpired(r));
      return { result: removed(scope, expired), remove: expired };
    });
  }

  /** Other sessions cannot be reached. Their expired records are never read, and are removed with the session. */
  async *deleteAllExpired(): AsyncGenerator<RemovedKey[], void, undefined> {}

  async #write<T>(scope: KeyScope, change: (records: Records) => Promise<Change<T>>): Promise<T> {
    const session = requireSession(scope);
    const before = this.#writes.get(session.id);
    const write = (async () => {
      await before?.catch(() => {});
      return this.#writeNow(session, scope, change);
    })();
    this.#writes.set(session.id, write);
    try {
      return await write;
    } finally {
      if (this.#writes.get(session.id) === write) this.#writes.delete(session.id);
    }
  }

  async #writeNow<T>(
    session: SessionHandle,
    scope: KeyScope,
    change: (records: Records) => Promise<Change<T>>,
  ): Promise<T> {
    const stored = session.store && !session.ended ? await readStore(session.store, session.id) : null;
    const records = await this.#sortRecords(session, recordsOf(stored ?? session.data), scope.owner);
    const { result, remove = [], add = [], renew } = await change(records);
    const gone = [...remove, ...records.foreign];
    const keys = [
      ...records.all.filter((r) => !gone.includes(r)).map((r) => (r === renew?.[0] ? renew[1] : r)),
      ...add,
    ];
    // First the tombstones: if they cannot be written, nothing has happened yet.
    await Promise.all(gone.map((r) => this.#tombstones.add(session, r)));
    const previous = session.data[SESSION_PROPERTY];
    if (renew || gone.length + add.length + records.tombstoned.length > 0) {
      session.data[SESSION_PROPERTY] = { v: 1, keys };
      try {
        await session.save();
      } catch {
        session.data[SESSION_PROPERTY] = previous;
        throw new StorageError('The session could not be saved. Try again.', SESSION_REASON);
      }
    }
    return result;
  }

  async #sortRecords(session: SessionHandle, records: SessionRecord[], owner: KeyOwner): Promise<Records> {
    const isTombstoned = await Promise.all(records.map((r) => this.#tombstones.has(session, r)));
    const all = records.filter((_, i) => !isTombstoned[i]);
    return {
      all,
      tombstoned: records.filter((_, i) => isTombstoned[i]),
      owned: all.filter((r) => isOwnedBy(r, owner)),
      foreign: all.filter((r) => isForeign(r, owner)),
    };
  }

  /** After a change of user, the earlier user's records are invisible at once; this also removes them. */
  async #purgeForeign(scope: KeyScope): Promise<void> {
    const session = requireSession(scope);
    if (recordsOf(session.data).some((r) => isForeign(r, scope.owner))) await this.#purge(scope);
  }

  /** A record that a slow request wrote back must not outlast its tombstone. */
  async #purgeTombstoned(scope: KeyScope): Promise<void> {
    if (!(await hasEnded(requireSession(scope)))) await this.#purge(scope);
  }

  /** Every write leaves foreign and tombstoned records out; this one does nothing else. */
  async #purge(scope: KeyScope): Promise<void> {
    await this.#write(scope, async () => ({ result: undefined }));
  }
}

/** The records of a session, by what they are to the caller. */
interface Records {
  all: SessionRecord[];
  owned: SessionRecord[];
  foreign: SessionRecord[];
  /** Deleted before, and written back by a slow request. */
  tombstoned: SessionRecord[];
}

interface Change<T> {
  result: T;
  remove?: SessionRecord[];
  add?: SessionRecord[];
  /** A record, and what it becomes. */
  renew?: [SessionRecord, SessionRecord];
}

function requireSession({ session }: { session?: SessionHandle }): SessionHandle {
  if (session) return session;
  throw new StorageError('There is no session on this request, so its keys cannot be reached.');
}
