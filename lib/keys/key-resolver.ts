import { Inject, Injectable } from '@nestjs/common';
import { resolveChannel, type ResolveMessage, traced } from '../diagnostics/index.js';
import { CallerResolver } from '../identity/index.js';
import type { KeyHolder } from '../interfaces/index.js';
import { type FoundKey, type KeyQuery, type KeyScope, KeyStorage } from '../storage/index.js';
import { KeySealer } from './key-sealer.js';
import type { ResolvedApiKey } from './resolved-api-key.js';
import { StoredKeyChecks } from './stored-key-checks.js';
import { SessionReencryption } from './session-reencryption.js';

/** What was found, in the order of what was asked for. @internal */
export interface Resolution {
  /** Whose keys. */
  scope: KeyScope;
  keys: ResolvedApiKey[];
  /** Index of the first thing asked for that is not there, −1 where everything is; then nothing was decrypted. */
  missing: number;
}

/**
 * Finds keys and opens them: the path of every guarded request.
 *
 * @internal
 */
@Injectable()
export class KeyResolver {
  constructor(
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly sealer: KeySealer,
    private readonly renewal: SessionReencryption,
    private readonly keyChecks: StoredKeyChecks,
  ) {}

  /**
   * For each list of queries the first key there is: one look-up for all of them, and one decryption of a key however
   * often it is asked for.
   *
   * @throws EncryptionError if one cannot be decrypted
   */
  resolve(holder: KeyHolder, lists: readonly (readonly KeyQuery[])[]): Promise<Resolution> {
    if (!resolveChannel.hasSubscribers) return this.#find(holder, lists);
    const message: ResolveMessage = { providers: lists.flat().map(({ provider }) => provider) };
    const describe = ({ missing }: Resolution) => (missing === -1 ? 'found' : 'missing');
    return traced(resolveChannel, message, () => this.#find(holder, lists, message), describe);
  }

  async #find(
    holder: KeyHolder,
    lists: readonly (readonly KeyQuery[])[],
    message?: ResolveMessage,
  ): Promise<Resolution> {
    const scoped = this.callers.scopeOf(holder);
    const scope = scoped instanceof Promise ? await scoped : scoped;
    if (message) message.source = scope.source;
    const queries = lists.length === 1 ? lists[0] : distinct(lists.flat());
    const found = await this.storage.read(scope, queries, () => isGone(holder));
    const chosen = lists.map((list) => firstThere(list, queries, found));
    const missing = chosen.indexOf(-1);
    if (missing !== -1) return { scope, keys: [], missing };
    const opened: ResolvedApiKey[] = [];
    for (const i of chosen) {
      if (opened[i]) continue;
      opened[i] = this.#open(scope, queries[i].provider, found[i]!, holder);
      if (scope.source === 'session') await this.renewal.renew(scope, [found[i]!, opened[i]]);
    }
    return { scope, keys: chosen.map((i) => opened[i]), missing };
  }

  #open(scope: KeyScope, provider: string, found: FoundKey, holder: KeyHolder): ResolvedApiKey {
    const slot = { provider, label: found.label };
    const key = this.sealer.open(scope, slot, found, holder);
    this.storage.recordUse(scope, slot);
    if (found.doubt === 'refused') this.keyChecks.recheck(scope, slot);
    return key;
  }
}

/** Index among the slots of the first of the list that is there, −1 where none is. */
function firstThere(list: readonly KeyQuery[], slots: readonly KeyQuery[], sealed: readonly unknown[]): number {
  for (const slot of list) {
    const i = indexIn(slots, slot);
    if (sealed[i] !== null) return i;
  }
  return -1;
}

function distinct(queries: readonly KeyQuery[]): KeyQuery[] {
  return queries.filter((query, i) => indexIn(queries, query) === i);
}

function indexIn(queries: readonly KeyQuery[], { provider, label }: KeyQuery): number {
  return queries.findIndex((query) => query.provider === provider && query.label === label);
}

/** Whether the request's connection was closed. */
function isGone(holder: KeyHolder): boolean {
  return (holder as { socket?: { destroyed?: boolean } }).socket?.destroyed === true;
}
