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
import { bySlot, removed, visitorPlaceOf } from './session-owners.js';
import {
  findLive,
  isExpired,
  isOwnedBy,
  isSlot,
  isStranger,
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
  /** The last write to each session that is under way in this process: writes to one session wait for each other. */
  readonly #writes = new Map<string, Promise<unknown>>();

  place(caller: KeyCaller): KeyScope {
    const session = requireSession(caller);
    if (caller.userId === undefined) return visitorPlaceOf(session);
    return { source: 'session', owner: { kind: 'user', id: caller.userId }, session };
  }

  visitorPlace(caller: KeyCaller): KeyScope {
    return visitorPlaceOf(requireSession(caller));
  }

  async put(place: KeyScope, record: KeyRecord, limit: number): Promise<PutResult> {
    return this.#write(place, async (live) => {
      const old = live.mine.find((r) => isSlot(r, record));
      const others = live.mine.filter((r) => r !== old && !isExpired(r));
      // An expired record is one more: it did not count.
      if ((!old || isExpired(old)) && others.length >= limit) throw new KeyLimitError(limit);
      const now = Date.now();
      const written = toSessionRecord(place.owner, record, old?.createdAt ?? now, now);
      return {
        result: { record: toListedKey(written), replaced: old !== undefined },
        remove: old ? [old] : [],
        add: [written],
      };
    });
  }

  async putIfAbsent(place: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    return this.#write(place, async (live) => {
      const old = live.mine.find((r) => isSlot(r, record));
      const others = live.mine.filter((r) => r !== old && !isExpired(r));
      if ((old && !isExpired(old)) || others.length >= limit) return { result: false };
      const now = Date.now();
      const written = toSessionRecord(place.owner, record, now, now);
      return { result: true, remove: old ? [old] : [], add: [written] };
    });
  }

  async read(place: KeyScope, slots: readonly KeySlot[]): Promise<(SealedKey | null)[]> {
    await this.#purgeStrangers(place);
    return Promise.all(slots.map((slot) => this.#readOne(place, slot)));
  }

  async #readOne(place: KeyScope, slot: KeySlot): Promise<SealedKey | null> {
    const session = sessionOfPlace(place);
    const loaded = findLive(session.data, place.owner, slot);
    if (!loaded) return null;
    if (!(await this.#tombstones.has(session, loaded))) return toSealedKey(loaded);
    // Deleted or replaced since this request loaded its session. If replaced, the store has the new one.
    const stored = session.store && !session.over ? await readStore(session.store, session.id) : null;
    const current = findLive(stored, place.owner, slot);
    const found = current && !(await this.#tombstones.has(session, current)) ? toSealedKey(current) : null;
    await this.#purgeDead(place);
    return found;
  }

  /** Not kept: it would save the session, whole, on every request that uses a key. */
  noteUse(): void {}

  /**
   * Leaves no tombstone: the record is the same key as before, and where a slow request brings the old one back, that is
   * read and sealed anew again. A deletion later on kills both, which have one origin.
   */
  async renew(place: KeyScope, slot: KeySlot, read: SealedKey, renewed: RenewedKey): Promise<boolean> {
    const session = sessionOfPlace(place);
    if (await hasEnded(session)) return false;
    const sealed = read.ciphertext.toString('base64url');
    return this.#write(place, async ({ mine }) => {
      const old = mine.find((r) => isSlot(r, slot) && r.sealed === sealed);
      return { result: old !== undefined, renew: old && [old, renewedRecord(old, renewed)] };
    });
  }

  async list(place: KeyScope): Promise<ListedKey[]> {
    await this.#purgeStrangers(place);
    const session = sessionOfPlace(place);
    const { mine, dead } = await this.#live(session, recordsOf(session.data), place.owner);
    if (dead.length > 0) await this.#purgeDead(place);
    return mine.map(toListedKey).sort(bySlot);
  }

  async readAll(place: KeyScope): Promise<ListedKey[]> {
    return (await this.list(place)).filter((record) => !record.expired);
  }

  async delete(place: KeyScope, slot: KeySlot): Promise<boolean> {
    return this.#write(place, async (live) => {
      const remove = live.mine.filter((r) => isSlot(r, slot));
      return { result: remove.length > 0, remove };
    });
  }

  async clear(place: KeyScope): Promise<RemovedKey[]> {
    return this.#write(place, async ({ mine }) => ({ result: removed(place, mine), remove: mine }));
  }

  async deleteExpired(place: KeyScope): Promise<RemovedKey[]> {
    const session = sessionOfPlace(place);
    // Looked at first: most often there is nothing to write, and the session may have ended with its request.
    if (!recordsOf(session.data).some((r) => isOwnedBy(r, place.owner) && isExpired(r))) return [];
    if (await hasEnded(session)) return [];
    return this.#write(place, async ({ mine }) => {
      const expired = mine.filter((r) => isExpired(r));
      return { result: removed(place, expired), remove: expired };
    });
  }

  /** Sessions of others cannot be reached; what is expired in them is never read, and goes with the session. */
  async *deleteAllExpired(): AsyncGenerator<RemovedKey[], void, undefined> {}

  async #write<T>(place: KeyScope, change: (live: Live) => Promise<Change<T>>): Promise<T> {
    const session = sessionOfPlace(place);
    const before = this.#writes.get(session.id);
    const mine = (async () => {
      await before?.catch(() => {});
      return this.#writeNow(session, place, change);
    })();
    this.#writes.set(session.id, mine);
    try {
      return await mine;
    } finally {
      if (this.#writes.get(session.id) === mine) this.#writes.delete(session.id);
    }
  }

  async #writeNow<T>(session: SessionHandle, place: KeyScope, change: (live: Live) => Promise<Change<T>>): Promise<T> {
    const stored = session.store && !session.over ? await readStore(session.store, session.id) : null;
    const live = await this.#live(session, recordsOf(stored ?? session.data), place.owner);
    const { result, remove = [], add = [], renew } = await change(live);
    const gone = [...remove, ...live.strangers];
    const keys = [...live.all.filter((r) => !gone.includes(r)).map((r) => (r === renew?.[0] ? renew[1] : r)), ...add];
    // First the tombstones: if they cannot be written, nothing has happened yet.
    await Promise.all(gone.map((r) => this.#tombstones.add(session, r)));
    const previous = session.data[SESSION_PROPERTY];
    if (renew || gone.length + add.length + live.dead.length > 0) {
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

  async #live(session: SessionHandle, records: SessionRecord[], owner: KeyOwner): Promise<Live> {
    const isDead = await Promise.all(records.map((r) => this.#tombstones.has(session, r)));
    const all = records.filter((_, i) => !isDead[i]);
    return {
      all,
      dead: records.filter((_, i) => isDead[i]),
      mine: all.filter((r) => isOwnedBy(r, owner)),
      strangers: all.filter((r) => isStranger(r, owner)),
    };
  }

  /** After a change of user the earlier user's records are invisible at once; here they are removed as well. */
  async #purgeStrangers(place: KeyScope): Promise<void> {
    const session = sessionOfPlace(place);
    if (recordsOf(session.data).some((r) => isStranger(r, place.owner))) await this.#purge(place);
  }

  /** What a slow request has brought back must not wait in the session until its tombstone is gone. */
  async #purgeDead(place: KeyScope): Promise<void> {
    if (!(await hasEnded(sessionOfPlace(place)))) await this.#purge(place);
  }

  /** Every write leaves strangers' and dead records out: this one does nothing else. */
  async #purge(place: KeyScope): Promise<void> {
    await this.#write(place, async () => ({ result: undefined }));
  }
}

/** The records of a session that are not deleted. */
interface Live {
  all: SessionRecord[];
  mine: SessionRecord[];
  strangers: SessionRecord[];
  /** Deleted before, and brought back by a slow request. */
  dead: SessionRecord[];
}

interface Change<T> {
  result: T;
  remove?: SessionRecord[];
  add?: SessionRecord[];
  /** A record, and what it becomes. */
  renew?: [SessionRecord, SessionRecord];
}

function requireSession(caller: KeyCaller): SessionHandle {
  if (!caller.session) {
    throw new StorageError('There is no session on this request, so its keys cannot be reached.');
  }
  return caller.session;
}

function sessionOfPlace(place: KeyScope): SessionHandle {
  if (!place.session) throw new StorageError('There is no session on this request, so its keys cannot be reached.');
  return place.session;
}
