import { Inject, Injectable } from '@nestjs/common';
import { resolveChannel, type ResolveMessage, traced } from '../diagnostics/index.js';
import { CallerResolver } from '../identity/index.js';
import type { KeyHolder } from '../interfaces/index.js';
import { type KeyScope, type KeySlot, KeyStorage, type SealedKey } from '../storage/index.js';
import { KeySealer } from './key-sealer.js';
import type { ResolvedApiKey } from './resolved-api-key.js';
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
    private readonly vault: KeySealer,
    private readonly renewal: SessionReencryption,
  ) {}

  /**
   * For each list of slots the first key there is: one look-up for all of them, and one decryption of a key however
   * often it is asked for.
   *
   * @throws EncryptionError if one cannot be decrypted
   */
  resolve(holder: KeyHolder, lists: readonly (readonly KeySlot[])[]): Promise<Resolution> {
    if (!resolveChannel.hasSubscribers) return this.#find(holder, lists);
    const message: ResolveMessage = { providers: lists.flat().map(({ provider }) => provider) };
    const describe = ({ missing }: Resolution) => (missing === -1 ? 'found' : 'missing');
    return traced(resolveChannel, message, () => this.#find(holder, lists, message), describe);
  }

  async #find(
    holder: KeyHolder,
    lists: readonly (readonly KeySlot[])[],
    message?: ResolveMessage,
  ): Promise<Resolution> {
    const found = this.callers.scopeOf(holder);
    const scope = found instanceof Promise ? await found : found;
    if (message) message.source = scope.source;
    const slots = lists.length === 1 ? lists[0] : distinct(lists.flat());
    const sealed = await this.storage.read(scope, slots, () => isGone(holder));
    const chosen = lists.map((list) => firstThere(list, slots, sealed));
    const missing = chosen.indexOf(-1);
    if (missing !== -1) return { scope, keys: [], missing };
    const opened: ResolvedApiKey[] = [];
    for (const i of chosen) {
      if (opened[i]) continue;
      opened[i] = this.#open(scope, slots[i], sealed[i]!, holder);
      if (scope.source === 'session') await this.renewal.renew(scope, [sealed[i]!, opened[i]]);
    }
    return { scope, keys: chosen.map((i) => opened[i]), missing };
  }

  #open(scope: KeyScope, slot: KeySlot, sealed: SealedKey, holder: KeyHolder): ResolvedApiKey {
    const key = this.vault.open(scope, slot, sealed, holder);
    this.storage.recordUse(scope, slot);
    return key;
  }
}

/** Index among the slots of the first of the list that is there, −1 where none is. */
function firstThere(list: readonly KeySlot[], slots: readonly KeySlot[], sealed: readonly unknown[]): number {
  for (const slot of list) {
    const i = indexIn(slots, slot);
    if (sealed[i] !== null) return i;
  }
  return -1;
}

function distinct(slots: readonly KeySlot[]): KeySlot[] {
  return slots.filter((slot, i) => indexIn(slots, slot) === i);
}

function indexIn(slots: readonly KeySlot[], { provider, label }: KeySlot): number {
  return slots.findIndex((slot) => slot.provider === provider && slot.label === label);
}

/** Whether the request's connection was closed. */
function isGone(holder: KeyHolder): boolean {
  return (holder as { socket?: { destroyed?: boolean } }).socket?.destroyed === true;
}
