import { Inject, Injectable, Logger } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { EncryptionService, maskKey } from '../crypto/index.js';
import { refusalChannel } from '../diagnostics/index.js';
import { ByokError, type KeyUnusableCode, KeyUnusableError } from '../errors/index.js';
import type { KeyHolder, KeyVerdict, ResolvedByokOptions } from '../interfaces/index.js';
import { attributeTo, failureOf, readFailure } from '../refusals/index.js';
import { type FoundKey, type KeyScope, KeyStorage } from '../storage/index.js';
import type { KeyFeedback, ResolvedApiKey } from './resolved-api-key.js';

/** Times that a verdict is noted while the record is sealed anew. */
const ATTEMPTS = 3;

/** Notes what becomes of keys that are used. @internal */
@Injectable()
export class KeyUses {
  readonly #logger = new Logger('ByokModule');

  constructor(
    @Inject(BYOK_OPTIONS) readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly encryption: EncryptionService,
    private readonly events: KeyEvents,
  ) {}

  /** Whether it was noted: not if another key is stored by now. Never rejects. */
  async note(scope: KeyScope, key: ResolvedApiKey, read: Buffer, { outcome, reason }: KeyVerdict): Promise<boolean> {
    const { provider, label } = key;
    try {
      let current: Buffer | undefined = read;
      for (let attempt = 1; attempt <= ATTEMPTS && current; attempt++) {
        const verdict = { outcome, reason: reason ?? null, by: 'use' } as const;
        if (await this.storage.noteVerdict(scope, { provider, label }, current, verdict)) return true;
        current = await this.#sealedNow(scope, key);
      }
    } catch (error) {
      const code = error instanceof ByokError ? error.code : 'BYOK_UNEXPECTED';
      this.#logger.warn(`Could not note what ${provider} said of a key: ${code}.`);
    }
    return false;
  }

  emit(type: 'accepted' | 'refused', { owner, source }: KeyScope, key: ResolvedApiKey, holder: KeyHolder): void {
    const { provider, label } = key;
    this.events.emit({ type, owner, source, provider, label }, holder);
  }

  /** The record if it still holds this key: it may have been sealed anew since it was read. */
  async #sealedNow(scope: KeyScope, { provider, label, apiKey }: ResolvedApiKey): Promise<Buffer | undefined> {
    const record = await this.storage.readRecord(scope, { provider, label });
    return record?.fingerprint.equals(this.encryption.fingerprint(provider, apiKey)) ? record.ciphertext : undefined;
  }
}

/** The use of one key that was handed out. @internal */
export class KeyUse implements KeyFeedback {
  #hasDoubt: boolean;

  constructor(
    private readonly uses: KeyUses,
    private readonly scope: KeyScope,
    private readonly found: FoundKey,
    private readonly holder: KeyHolder,
  ) {
    this.#hasDoubt = found.doubt !== null;
  }

  async failed(key: ResolvedApiKey, error: unknown): Promise<KeyUnusableError | undefined> {
    if (error instanceof KeyUnusableError) return error;
    const verdict = attributeTo(await readFailure(error), key, this.uses.options.providers);
    return verdict && this.refused(key, verdict);
  }

  async refused(key: ResolvedApiKey, verdict: KeyVerdict): Promise<KeyUnusableError> {
    this.#hasDoubt = true;
    await this.uses.note(this.scope, key, this.found.ciphertext, verdict);
    this.uses.emit('refused', this.scope, key, this.holder);
    const { provider, label, apiKey, fields } = key;
    const code = codeOf(verdict);
    const config = this.uses.options.providers[provider];
    if (refusalChannel.hasSubscribers) refusalChannel.publish({ provider, code });
    const names = Object.keys(fields);
    const visible = names.filter((name) => config?.fields?.[name]?.visible === true);
    const values = Object.fromEntries(visible.map((name) => [name, fields[name]]));
    const shown = { hint: maskKey(apiKey), fields: { names, values } };
    return new KeyUnusableError(code, provider, label, config?.name, shown, this.holder);
  }

  succeeded(key: ResolvedApiKey, result: unknown): Promise<void> | undefined {
    return this.#hasDoubt ? this.#accept(key, result) : undefined;
  }

  async #accept(key: ResolvedApiKey, result: unknown): Promise<void> {
    // Of `fetch` and the like, which do not throw because of a status.
    if ((failureOf(result).status ?? 200) >= 400) return;
    this.#hasDoubt = false;
    const isNoted = await this.uses.note(this.scope, key, this.found.ciphertext, { outcome: 'accepted' });
    if (isNoted) this.uses.emit('accepted', this.scope, key, this.holder);
  }
}

function codeOf({ outcome, reason }: KeyVerdict): KeyUnusableCode {
  if (outcome === 'refused') return 'BYOK_KEY_REFUSED';
  return reason === 'no-credit' ? 'BYOK_KEY_NO_CREDIT' : 'BYOK_KEY_RESTRICTED';
}
