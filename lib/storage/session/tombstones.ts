import { readStore, type SessionHandle, writeStore } from './session-handle.js';
import { originOf, type SessionRecord } from './session-records.js';

/** Milliseconds: longer than any request that could still hold a session from before the deletion. */
const MIN_LIFETIME = 60 * 60_000;
/** What stores keep a session for whose cookie ends with the browser. */
const USUAL_LIFETIME = 24 * 60 * 60_000;

/**
 * Remembers, outside the session's own blob, which records were deleted or replaced. A session is saved as a whole,
 * so a slow request that changed its session writes back what another request has deleted meanwhile.
 *
 * Each is a record of its own in the session store, named by the origin of the dead record: two deletions at
 * once cannot overwrite each other, and every process that shares the store sees it.
 *
 * @internal
 */
export class Tombstones {
  /** Where the session has no store (all of it is in a cookie), they can only be kept here. */
  readonly #local = new Map<string, number>();

  /** @throws StorageError and then nothing may be deleted */
  async add(session: SessionHandle, record: SessionRecord): Promise<void> {
    const id = tombstoneId(record);
    const lifetime = lifetimeFor(session);
    const expires = new Date(Date.now() + lifetime);
    if (!session.store) {
      this.#prune();
      this.#local.set(id, expires.getTime());
      return;
    }
    const cookie = { path: '/', httpOnly: true, expires, originalMaxAge: lifetime, maxAge: lifetime };
    await writeStore(session.store, id, { cookie, byokTombstone: true });
  }

  /** @throws StorageError */
  async has(session: SessionHandle, record: SessionRecord): Promise<boolean> {
    const id = tombstoneId(record);
    if (!session.store) return (this.#local.get(id) ?? 0) > Date.now();
    return (await readStore(session.store, id)) !== null;
  }

  #prune(): void {
    const now = Date.now();
    for (const [id, expires] of this.#local) if (expires <= now) this.#local.delete(id);
  }
}

/** As long as a session that is left alone: where a slow request has brought a record back, no read may take it out again. */
function lifetimeFor({ data }: SessionHandle): number {
  const { originalMaxAge } = (data.cookie ?? {}) as { originalMaxAge?: unknown };
  return Math.max(MIN_LIFETIME, typeof originalMaxAge === 'number' ? originalMaxAge : USUAL_LIFETIME);
}

function tombstoneId(record: SessionRecord): string {
  return `byok-deleted-${originOf(record)}`;
}
