import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { AuditLog, KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { CallerResolver } from '../identity/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { type KeyScope, KeyStorage, type RemovedKey } from '../storage/index.js';

/** Milliseconds. */
const ONCE_PER = 60_000;
/** Owners remembered; past that the oldest are forgotten and may be cleaned up early. */
const MAX_OWNERS = 10_000;
/** Owners in the database that are cleaned up in a second. Where more come, the sweep sees to them. */
const MAX_A_SECOND = 100;

/** Node's response, as Express hands it out, or Fastify's reply, which wraps it. @internal */
export type AnyResponse = Partial<ServerResponse> & { raw?: ServerResponse };

/**
 * Removes expired keys. They are never handed out, removed or not.
 *
 * @internal
 */
@Injectable()
export class ExpiredKeyCleanup {
  readonly #logger = new Logger('ByokModule');
  /** When owners were last cleaned up, the oldest first. */
  readonly #last = new Map<string, number>();
  #second = -Infinity;
  #left = 0;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly events: KeyEvents,
    private readonly audit: AuditLog,
  ) {}

  /**
   * The caller's, once the response is sent or broken off, if the request has used keys by then: at most once a minute
   * of an owner, and without ever failing the request.
   */
  afterwards(request: object, response: AnyResponse | undefined): void {
    if (!this.options.cleanup.onRequest || !response) return;
    const place = this.callers.lastScopeOf(request);
    // Told now, which spares most requests the listener.
    if (place && !this.#isDue(place)) return;
    const { raw = response } = response;
    // Also where a handler sends it long after it has returned. (In a test of a route it may be no response at all.)
    raw.on?.('close', () => {
      const used = place ?? this.callers.lastScopeOf(request);
      if (used && (place || this.#isDue(used))) void this.#tryAt(used);
    });
  }

  /** An owner's; how many there were. */
  async at(place: KeyScope): Promise<number> {
    return this.#tell(await this.storage.deleteExpired(place));
  }

  /**
   * Removes the expired keys of all users from the database. With `ifFree`, leaves them to another instance that is removing
   * them; `signal` ends it after the current batch.
   *
   * @returns how many were removed
   */
  async everywhere({ ifFree, signal }: { ifFree?: boolean; signal?: AbortSignal } = {}): Promise<number> {
    let removed = 0;
    for await (const batch of this.storage.deleteAllExpired({ ifFree })) {
      removed += this.#tell(batch);
      await this.audit.keepUp();
      if (signal?.aborted) return removed;
    }
    await this.audit.sweep();
    return removed;
  }

  #tell(removed: RemovedKey[]): number {
    for (const { owner, source, provider, label } of removed) {
      this.events.emit({ type: 'expired', owner, source, provider, label });
    }
    return removed.length;
  }

  async #tryAt(place: KeyScope): Promise<void> {
    try {
      await this.at(place);
    } catch {
      this.#logger.warn('Could not remove expired keys. They are not returned and will be removed later.');
    }
  }

  #isDue({ source, owner }: KeyScope): boolean {
    const now = performance.now();
    // Nothing sweeps sessions.
    const isLimited = source === 'database';
    if (isLimited && !this.#hasRoom(now)) return false;
    const key = `${source}\n${owner.kind}\n${owner.id}`;
    if (now - (this.#last.get(key) ?? -Infinity) < ONCE_PER) return false;
    this.#last.delete(key);
    this.#last.set(key, now);
    if (this.#last.size > MAX_OWNERS) this.#last.delete(this.#last.keys().next().value as string);
    if (isLimited) this.#left--;
    return true;
  }

  #hasRoom(now: number): boolean {
    if (now - this.#second >= 1_000) {
      this.#second = now;
      this.#left = MAX_A_SECOND;
    }
    return this.#left > 0;
  }
}
