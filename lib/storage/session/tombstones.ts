import { createHash } from 'node:crypto';
import { readStore, writeStore, type SessionHandle } from './session-handle.js';

/** Longer than any request that could still hold a session from before the deletion. */
const LIFETIME = 60 * 60_000;

/**
 * Remembers, outside the session's own blob, which records were deleted or replaced. A session is saved as a whole,
 * so a slow request that changed its session writes back what another request has deleted meanwhile.
 *
 * Each is a record of its own in the session store, named by a digest of the dead record's bytes: two deletions at
 * once cannot overwrite each other, and every process that shares the store sees it.
 *
 * @internal
 */
export class Tombstones {
  /** Where the session has no store (all of it is in a cookie), they can only be kept here. */
  readonly #local = new Map<string, number>();

  /** @throws {StorageError} and then nothing may be deleted */
  async add(session: SessionHandle, sealed: string): Promise<void> {
    const id = tombstoneId(sealed);
    const expires = new Date(Date.now() + LIFETIME);
    if (!session.store) {
      this.#prune();
      this.#local.set(id, expires.getTime());
      return;
    }
    const cookie = { path: '/', httpOnly: true, expires, originalMaxAge: LIFETIME, maxAge: LIFETIME };
    await writeStore(session.store, id, { cookie, byokTombstone: true });
  }

  /** @throws {StorageError} */
  async has(session: SessionHandle, sealed: string): Promise<boolean> {
    const id = tombstoneId(sealed);
    if (!session.store) return (this.#local.get(id) ?? 0) > Date.now();
    return (await readStore(session.store, id)) !== null;
  }

  #prune(): void {
    const now = Date.now();
    for (const [id, expires] of this.#local) if (expires <= now) this.#local.delete(id);
  }
}

function tombstoneId(sealed: string): string {
  return `byok-deleted-${createHash('sha256').update(String(sealed)).digest('base64url')}`;
}
