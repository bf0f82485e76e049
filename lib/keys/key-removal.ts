import { Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import type { KeyHolder, KeyLabelOptions } from '../interfaces/index.js';
import { type KeyScope, type KeySlot, KeyStorage } from '../storage/index.js';
import { ANY_PROVIDER, checkLabel, checkProvider } from './key-input.js';

/** Removes keys, and reports each. @internal */
@Injectable()
export class KeyRemoval {
  constructor(
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly events: KeyEvents,
  ) {}

  /** Whether there was one. */
  async delete(
    holder: KeyHolder,
    scopeOf: () => KeyScope | Promise<KeyScope>,
    provider: string,
    options: KeyLabelOptions,
  ): Promise<boolean> {
    const label = checkLabel(options.label);
    checkProvider(provider, ANY_PROVIDER);
    const scope = await scopeOf();
    const deleted = await this.storage.delete(scope, { provider, label });
    if (deleted) this.#emit(scope, deleted, holder);
    return deleted !== null;
  }

  /** How many there were. */
  async clear(scope: KeyScope, holder: KeyHolder): Promise<number> {
    const removed = await this.storage.clear(scope);
    for (const slot of removed) this.#emit(scope, slot, holder);
    return removed.length;
  }

  #emit({ owner, source, actor }: KeyScope, { provider, label }: KeySlot, holder: KeyHolder): void {
    this.events.emit({ type: 'deleted', owner, source, actor, provider, label }, holder);
  }
}
