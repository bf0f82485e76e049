import { Inject, Injectable, Logger } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { maskKey } from '../crypto/index.js';
import { refusalChannel } from '../diagnostics/index.js';
import { ByokError, type KeyUnusableCode, KeyUnusableError } from '../errors/index.js';
import type { KeyHolder, KeyVerdict, KeyVerdictReason, ResolvedByokOptions } from '../interfaces/index.js';
import { attributeTo, failureOf, readFailure } from '../refusals/index.js';
import { type FoundKey, type KeyScope, type KeySlot, KeyStorage } from '../storage/index.js';
import type { KeyFeedback, ResolvedApiKey } from './resolved-api-key.js';

/** What a storage that notes verdicts has. */
interface KeyVerdictNotes {
  noteVerdict?(
    scope: KeyScope,
    slot: KeySlot,
    read: Buffer,
    verdict: { outcome: KeyVerdict['outcome']; reason: KeyVerdictReason | null; by: 'use' },
  ): Promise<unknown>;
}

/** Notes what becomes of keys that are used. @internal */
@Injectable()
export class KeyUses {
  readonly #logger = new Logger('ByokModule');

  constructor(
    @Inject(BYOK_OPTIONS) readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage & KeyVerdictNotes,
    private readonly events: KeyEvents,
  ) {}

  /** Whether it was noted: not on a key that is another one by now. Never rejects. */
  async note(scope: KeyScope, slot: KeySlot, read: Buffer, { outcome, reason }: KeyVerdict): Promise<boolean> {
    try {
      return (
        (await this.storage.noteVerdict?.(scope, slot, read, { outcome, reason: reason ?? null, by: 'use' })) != null
      );
    } catch (error) {
      const code = error instanceof ByokError ? error.code : 'BYOK_UNEXPECTED';
      this.#logger.warn(`Could not note what ${slot.provider} said of a key: ${code}.`);
      return false;
    }
  }

  emit(type: 'accepted' | 'refused', { owner, source }: KeyScope, slot: KeySlot, holder: KeyHolder): void {
    const { provider, label } = slot;
    this.events.emit({ type, owner, source, provider, label }, holder);
  }
}

/** The use of one key that was handed out. @internal */
export class KeyUse implements KeyFeedback {
  #hasDoubt: boolean;

  constructor(
    private readonly uses: KeyUses,
    private readonly scope: KeyScope,
    private readonly slot: KeySlot,
    private readonly found: Pick<FoundKey, 'ciphertext'> & { doubt?: string | null },
    private readonly holder: KeyHolder,
  ) {
    this.#hasDoubt = found.doubt != null;
  }

  async failed(key: ResolvedApiKey, error: unknown): Promise<KeyUnusableError | undefined> {
    if (error instanceof KeyUnusableError) return error;
    const verdict = attributeTo(await readFailure(error), key, this.uses.options.providers);
    return verdict && this.refused(key, verdict);
  }

  async refused({ provider, label, apiKey }: ResolvedApiKey, verdict: KeyVerdict): Promise<KeyUnusableError> {
    this.#hasDoubt = true;
    await this.uses.note(this.scope, this.slot, this.found.ciphertext, verdict);
    this.uses.emit('refused', this.scope, this.slot, this.holder);
    const code = codeOf(verdict);
    if (refusalChannel.hasSubscribers) refusalChannel.publish({ provider, code });
    return new KeyUnusableError(code, provider, label, this.uses.options.providers[provider]?.name, maskKey(apiKey));
  }

  succeeded(result: unknown): Promise<void> | undefined {
    return this.#hasDoubt ? this.#accept(result) : undefined;
  }

  async #accept(result: unknown): Promise<void> {
    // Of `fetch` and the like, which do not throw because of a status.
    if ((failureOf(result).status ?? 200) >= 400) return;
    this.#hasDoubt = false;
    const isNoted = await this.uses.note(this.scope, this.slot, this.found.ciphertext, { outcome: 'accepted' });
    if (isNoted) this.uses.emit('accepted', this.scope, this.slot, this.holder);
  }
}

function codeOf({ outcome, reason }: KeyVerdict): KeyUnusableCode {
  if (outcome === 'refused') return 'BYOK_KEY_REFUSED';
  return reason === 'no-credit' ? 'BYOK_KEY_NO_CREDIT' : 'BYOK_KEY_RESTRICTED';
}
