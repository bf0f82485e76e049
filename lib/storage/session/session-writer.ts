import { SESSION_REASON, StorageError } from '../../errors/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type { KeyScope } from '../key-storage.interface.js';
import { readStore, type SessionHandle } from './session-handle.js';
import { isForeign, isOwnedBy, recordsOf, SESSION_PROPERTY, type SessionRecord } from './session-records.js';
import type { Tombstones } from './tombstones.js';

/** The records of a session, by what they are to the caller. @internal */
export interface Records {
  all: SessionRecord[];
  owned: SessionRecord[];
  foreign: SessionRecord[];
  /** Deleted before, and written back by a slow request. */
  tombstoned: SessionRecord[];
}

/** What a write does to the records. @internal */
export interface Change<T> {
  result: T;
  remove?: SessionRecord[];
  add?: SessionRecord[];
  /** Records that stay the same key, and what they become: without a tombstone. */
  amend?: (readonly [SessionRecord, SessionRecord])[];
}

/**
 * Writes the records of sessions: one write after the other, each from what the store has now.
 *
 * @internal
 */
export class SessionWriter {
  /** The last write in this process to each session: writes to one session wait for each other. */
  readonly #writes = new Map<string, Promise<unknown>>();

  constructor(private readonly tombstones: Tombstones) {}

  async write<T>(scope: KeyScope, change: (records: Records) => Promise<Change<T>>): Promise<T> {
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
    const records = await this.sort(session, recordsOf(stored ?? session.data), scope.owner);
    const { result, remove = [], add = [], amend = [] } = await change(records);
    const gone = [...remove, ...records.foreign];
    const amended = new Map(amend);
    const keys = [...records.all.filter((r) => !gone.includes(r)).map((r) => amended.get(r) ?? r), ...add];
    // First the tombstones: if they cannot be written, nothing has happened yet.
    await Promise.all(gone.map((r) => this.tombstones.add(session, r)));
    const previous = session.data[SESSION_PROPERTY];
    if (gone.length + add.length + amend.length + records.tombstoned.length > 0) {
      session.data[SESSION_PROPERTY] = { v: 1, keys };
      try {
        await session.save();
      } catch {
        session.data[SESSION_PROPERTY] = previous;
        throw new StorageError('The session could not be saved. Try again.', SESSION_REASON);
      }
    } else if (stored && session.isWrittenBack) {
      // What a slow request loaded when it began would otherwise come over what others have stored since.
      session.data[SESSION_PROPERTY] = stored[SESSION_PROPERTY];
    }
    return result;
  }

  /** Sorts records by what they are to the owner. */
  async sort(session: SessionHandle, records: SessionRecord[], owner: KeyOwner): Promise<Records> {
    const isTombstoned = await Promise.all(records.map((r) => this.tombstones.has(session, r)));
    const all = records.filter((_, i) => !isTombstoned[i]);
    return {
      all,
      tombstoned: records.filter((_, i) => isTombstoned[i]),
      owned: all.filter((r) => isOwnedBy(r, owner)),
      foreign: all.filter((r) => isForeign(r, owner)),
    };
  }
}

/** @throws StorageError @internal */
export function requireSession({ session }: { session?: SessionHandle }): SessionHandle {
  if (session) return session;
  throw new StorageError('There is no session on this request, so its keys cannot be reached.');
}
