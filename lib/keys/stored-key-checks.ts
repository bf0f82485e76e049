import { Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { KeyChecks } from '../checks/index.js';
import { EncryptionError, KeyNotFoundError } from '../errors/index.js';
import type { KeyHolder, KeyVerdict, LastCheck, StoredKey } from '../interfaces/index.js';
import { type KeyQuery, type KeyScope, KeyStorage, type ListedKey } from '../storage/index.js';
import { KeyDescriptions } from './key-descriptions.js';
import { KeySealer } from './key-sealer.js';
import { noteVerdict } from './note-verdict.js';

/** Milliseconds in which a refused key is checked once in the background. */
const RECHECK_AFTER = 10 * 60_000;
/** Keys that are remembered as checked a moment ago. */
const MAX_REMEMBERED = 10_000;

/**
 * Checks stored keys with their providers, and notes what is said of them.
 *
 * @internal
 */
@Injectable()
export class StoredKeyChecks {
  /** When keys were checked in the background, by `performance.now()`, the oldest first. */
  readonly #rechecked = new Map<string, number>();

  constructor(
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly checks: KeyChecks,
    private readonly sealer: KeySealer,
    private readonly descriptions: KeyDescriptions,
    private readonly events: KeyEvents,
  ) {}

  /**
   * Asks the provider about a key. Nothing is written if there is no check for it.
   *
   * @throws KeyNotFoundError @throws EncryptionError if the key cannot be read
   */
  async check(scope: KeyScope, query: KeyQuery, holder?: KeyHolder): Promise<StoredKey> {
    const read = await this.storage.readRecord(scope, query);
    if (!read) throw new KeyNotFoundError();
    return this.#check(scope, read, holder);
  }

  /**
   * The same, unless something definite was said of the key within so many milliseconds: then `null`.
   *
   * @throws KeyNotFoundError @throws EncryptionError
   */
  async checkUnless(scope: KeyScope, query: KeyQuery, age: number): Promise<StoredKey | null> {
    const read = await this.storage.readRecord(scope, query);
    if (!read) throw new KeyNotFoundError();
    const { lastCheck } = read;
    const isFresh = lastCheck && lastCheck.outcome !== 'unknown' && Date.now() - lastCheck.at.getTime() < age;
    return isFresh ? null : this.#check(scope, read);
  }

  async #check(scope: KeyScope, read: ListedKey, holder?: KeyHolder): Promise<StoredKey> {
    if (!this.checks.has(read.provider)) {
      return { ...this.descriptions.describe(scope, read), lastCheck: toLastCheck(NOT_CHECKABLE) };
    }
    const content = this.sealer.peek(scope, read);
    if (!content) throw new EncryptionError();
    const verdict = await this.checks.run(read.provider, content.key, content.fields);
    const noted = await this.#note(scope, read, verdict, holder);
    if (!noted) {
      // Replaced or deleted while the provider was asked: its word is about a key that is gone.
      const now = await this.storage.readRecord(scope, { provider: read.provider, label: read.label });
      if (!now) throw new KeyNotFoundError();
      return this.descriptions.describe(scope, now);
    }
    const described = this.descriptions.describe(scope, noted);
    return verdict.outcome === 'unknown' ? { ...described, lastCheck: toLastCheck(verdict) } : described;
  }

  /** Notes a verdict and reports it; `null` if another key is stored by now. */
  async #note(
    scope: KeyScope,
    read: ListedKey,
    { outcome, reason }: KeyVerdict,
    holder: KeyHolder | undefined,
  ): Promise<ListedKey | null> {
    const verdict = { outcome, reason: reason ?? null, by: 'check' } as const;
    const isSame = (now: ListedKey) => now.updatedAt.getTime() === read.updatedAt.getTime();
    const noted = await noteVerdict(this.storage, scope, read, read.ciphertext, verdict, isSame);
    if (noted) this.#report(scope, noted, outcome, holder);
    return noted;
  }

  /** Checks a refused key that is in use, in the background and rarely: it may work again by now. Never fails. */
  recheck(scope: KeyScope, query: KeyQuery): void {
    if (scope.source !== 'database' || !this.checks.has(query.provider)) return;
    const { kind, id } = scope.owner;
    const key = [kind, id, query.provider, query.label].join('\n');
    const now = performance.now();
    const before = this.#rechecked.get(key);
    if (before !== undefined && now - before < RECHECK_AFTER) return;
    this.#rechecked.delete(key);
    this.#rechecked.set(key, now);
    if (this.#rechecked.size > MAX_REMEMBERED) this.#rechecked.delete(this.#rechecked.keys().next().value!);
    void this.#recheck(scope, query).catch(() => {});
  }

  async #recheck(scope: KeyScope, query: KeyQuery): Promise<void> {
    const read = await this.storage.readRecord(scope, query);
    // Another instance may have checked it.
    if (read?.lastCheck?.outcome !== 'refused' || Date.now() - read.lastCheck.at.getTime() < RECHECK_AFTER) return;
    await this.#check(scope, read);
  }

  #report(scope: KeyScope, noted: ListedKey, outcome: KeyVerdict['outcome'], holder: KeyHolder | undefined): void {
    if (outcome === 'unknown') return;
    const { owner, source, actor } = scope;
    const { provider, label, keyId } = noted;
    this.events.emit({ type: outcome, owner, source, actor, provider, label, keyId: keyId.toString('hex') }, holder);
  }
}

const NOT_CHECKABLE: KeyVerdict = { outcome: 'unknown', reason: 'not-checkable' };

function toLastCheck({ outcome, reason }: KeyVerdict): LastCheck {
  return { outcome, reason: reason ?? null, at: new Date(), by: 'check' };
}
