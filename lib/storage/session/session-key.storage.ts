import { Injectable } from '@nestjs/common';
import { KeyConflictError, KeyLimitError } from '../../errors/index.js';
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
  RenewedKey,
  SealedKey,
} from '../key-storage.interface.js';
import { hasEnded, readStore, type SessionHandle } from './session-handle.js';
import { bySlot, removed, visitorScope } from './session-owners.js';
import {
  candidatesOf,
  countOf,
  defaultOf,
  foundAmong,
  isExpired,
  isForeign,
  isMatch,
  isOwnedBy,
  isSlot,
  listedAmong,
  preferred,
  recordsOf,
  renewedRecord,
  type SessionRecord,
  toListedKey,
  toSessionRecord,
} from './session-records.js';
import { requireSession, SessionWriter } from './session-writer.js';
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
  readonly #writer = new SessionWriter(this.#tombstones);

  scopeOf(caller: KeyCaller): KeyScope {
    const session = requireSession(caller);
    if (caller.userId === undefined) return visitorScope(session);
    return { source: 'session', owner: { kind: 'user', id: caller.userId }, session };
  }

  visitorScopeOf(caller: KeyCaller): KeyScope {
    return visitorScope(requireSession(caller));
  }

  async put(scope: KeyScope, record: KeyRecord, limit: number): Promise<PutResult> {
    return this.#writer.write(scope, async ({ owned }) => {
      const old = owned.find((r) => isSlot(r, record));
      const others = owned.filter((r) => r !== old);
      // An expired record is one more: it did not count.
      if ((!old || isExpired(old)) && countOf(others) >= limit) throw new KeyLimitError(limit);
      const now = Date.now();
      const dates = { createdAt: old?.createdAt ?? now, updatedAt: now, preferredAt: old?.preferredAt };
      const written = toSessionRecord(scope.owner, record, dates);
      return {
        result: { record: listedAmong(written, others), replaced: old !== undefined },
        remove: old ? [old] : [],
        add: [written],
      };
    });
  }

  async putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    return this.#writer.write(scope, async ({ owned }) => {
      const old = owned.find((r) => isSlot(r, record));
      if ((old && !isExpired(old)) || countOf(owned) >= limit) return { result: false };
      const now = Date.now();
      const written = toSessionRecord(scope.owner, record, { createdAt: now, updatedAt: now });
      return { result: true, remove: old ? [old] : [], add: [written] };
    });
  }

  async update(scope: KeyScope, change: RecordChange, limit: number): Promise<ListedKey | null> {
    const { slot, record, isNewVersion } = change;
    const read = change.read.toString('base64url');
    return this.#writer.write(scope, async ({ owned }) => {
      const old = owned.find((r) => isSlot(r, slot) && r.sealed === read);
      if (!old) return { result: null };
      const taken = owned.filter((r) => r !== old && isSlot(r, record));
      if (countOf(taken) > 0) {
        throw new KeyConflictError(true);
      }
      const others = owned.filter((r) => r !== old && !taken.includes(r));
      if (isExpired(old) && countOf(others) >= limit) throw new KeyLimitError(limit);
      const updatedAt = isNewVersion ? Math.max(Date.now(), old.updatedAt + 1) : old.updatedAt;
      const { check } = old;
      const kept = !isNewVersion && check ? { check } : {};
      const written = { ...toSessionRecord(scope.owner, record, { ...old, updatedAt }), ...kept };
      return { result: listedAmong(written, others), remove: [old, ...taken], add: [written] };
    });
  }

  async setDefault(scope: KeyScope, slot: KeySlot): Promise<ListedKey | null> {
    return this.#writer.write(scope, async ({ owned }) => {
      const old = owned.find((r) => isSlot(r, slot) && !isExpired(r));
      if (!old) return { result: null };
      const chosen = owned.filter((r) => r.provider === slot.provider).map((r) => (r.preferredAt ?? 0) + 1);
      const preferredRecord = { ...old, preferredAt: Math.max(Date.now(), ...chosen) };
      return { result: toListedKey(preferredRecord, true), amend: [[old, preferredRecord]] };
    });
  }

  async pinDefaults(scope: KeyScope, providers: readonly string[]): Promise<void> {
    return this.#writer.write(scope, async ({ owned }) => {
      const defaults = providers.map((provider) => defaultOf(owned, provider));
      const unpinned = defaults.filter((r) => r !== undefined && r.preferredAt === undefined) as SessionRecord[];
      return { result: undefined, amend: unpinned.map((r) => [r, { ...r, preferredAt: Date.now() }] as const) };
    });
  }

  async read(scope: KeyScope, queries: readonly KeyQuery[]): Promise<(FoundKey | null)[]> {
    await this.#purgeForeign(scope);
    return Promise.all(queries.map((query) => this.#readOne(scope, query)));
  }

  async #readOne(scope: KeyScope, query: KeyQuery): Promise<FoundKey | null> {
    const session = requireSession(scope);
    const loaded = candidatesOf(session.data, scope.owner, query);
    const alive = await this.#withoutTombstoned(session, loaded);
    if (alive.length === loaded.length) return foundAmong(alive);
    // Deleted or replaced since this request loaded its session. If replaced, the store has the new record.
    const stored = session.store && !session.ended ? await readStore(session.store, session.id) : session.data;
    const current = await this.#withoutTombstoned(session, candidatesOf(stored, scope.owner, query));
    await this.#purgeTombstoned(scope);
    return foundAmong(current);
  }

  async #withoutTombstoned(session: SessionHandle, records: SessionRecord[]): Promise<SessionRecord[]> {
    const isTombstoned = await Promise.all(records.map((r) => this.#tombstones.has(session, r)));
    return records.filter((_, i) => !isTombstoned[i]);
  }

  async noteVerdict(scope: KeyScope, slot: KeySlot, read: Buffer, verdict: RecordVerdict): Promise<ListedKey | null> {
    const sealed = read.toString('base64url');
    return this.#writer.write(scope, async ({ owned }) => {
      const old = owned.find((r) => isSlot(r, slot) && r.sealed === sealed);
      if (!old) return { result: null };
      const isDefault = old === defaultOf(owned, old.provider);
      const before = toListedKey(old, isDefault);
      if (verdict.outcome === 'unknown' && before.lastCheck && before.lastCheck.outcome !== 'unknown') {
        return { result: before };
      }
      const noted = { ...old, check: { ...verdict, at: Math.max(Date.now(), old.updatedAt) } };
      return { result: toListedKey(noted, isDefault), amend: [[old, noted]] };
    });
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
    return this.#writer.write(scope, async ({ owned }) => {
      const old = owned.find((r) => isSlot(r, slot) && r.sealed === sealed);
      return { result: old !== undefined, amend: old ? [[old, renewedRecord(old, renewed)]] : [] };
    });
  }

  async list(scope: KeyScope): Promise<ListedKey[]> {
    await this.#purgeForeign(scope);
    const session = requireSession(scope);
    const { owned, tombstoned } = await this.#writer.sort(session, recordsOf(session.data), scope.owner);
    if (tombstoned.length > 0) await this.#purgeTombstoned(scope);
    return owned.map((record) => toListedKey(record, record === defaultOf(owned, record.provider))).sort(bySlot);
  }

  async readAll(scope: KeyScope): Promise<ListedKey[]> {
    return (await this.list(scope)).filter((record) => !record.expired);
  }

  async readRecord(scope: KeyScope, query: KeyQuery): Promise<ListedKey | null> {
    // As a write sees it: what is read here is what a change is compared with.
    return this.#writer.write(scope, async ({ owned }) => {
      const record = preferred(owned.filter((r) => isMatch(r, query)));
      return { result: record ? toListedKey(record, record === defaultOf(owned, record.provider)) : null };
    });
  }

  async delete(scope: KeyScope, query: KeyQuery): Promise<KeySlot | null> {
    return this.#writer.write(scope, async ({ owned }) => {
      const record = preferred(owned.filter((r) => isMatch(r, query)));
      // A slow request may have brought back a copy of it.
      const remove = owned.filter((r) => record && isSlot(r, record));
      return { result: record ? { provider: record.provider, label: record.label } : null, remove };
    });
  }

  async clear(scope: KeyScope): Promise<RemovedKey[]> {
    return this.#writer.write(scope, async ({ owned }) => ({ result: removed(scope, owned), remove: owned }));
  }

  async deleteExpired(scope: KeyScope): Promise<RemovedKey[]> {
    const session = requireSession(scope);
    // Checked first: usually there is nothing to write, and the session may have ended with its request.
    if (!recordsOf(session.data).some((r) => isOwnedBy(r, scope.owner) && isExpired(r))) return [];
    if (await hasEnded(session)) return [];
    return this.#writer.write(scope, async ({ owned }) => {
      const expired = owned.filter((r) => isExpired(r));
      return { result: removed(scope, expired), remove: expired };
    });
  }

  /** Other sessions cannot be reached. Their expired records are never read, and are removed with the session. */
  async *deleteAllExpired(): AsyncGenerator<RemovedKey[], void, undefined> {}

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
    await this.#writer.write(scope, async () => ({ result: undefined }));
  }
}
