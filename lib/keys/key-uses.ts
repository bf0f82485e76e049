import { Inject, Injectable, Logger } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { EncryptionService, maskKey } from '../crypto/index.js';
import { refusalChannel } from '../diagnostics/index.js';
import { ByokError, type KeyUnusableCode, KeyUnusableError, type ShownKey } from '../errors/index.js';
import type { KeyHolder, KeyOwner, KeyVerdict, ProviderConfig, ResolvedByokOptions } from '../interfaces/index.js';
import { attributeTo, failureOf, readFailure } from '../refusals/index.js';
import { type FoundKey, type KeyScope, KeyStorage, type ListedKey } from '../storage/index.js';
import { noteVerdict } from './note-verdict.js';
import type { KeyFeedback, ResolvedApiKey } from './resolved-api-key.js';

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
    const { provider, apiKey } = key;
    try {
      const verdict = { outcome, reason: reason ?? null, by: 'use' } as const;
      const isSame = ({ fingerprint }: ListedKey) => fingerprint.equals(this.encryption.fingerprint(provider, apiKey));
      return (await noteVerdict(this.storage, scope, key, read, verdict, isSame)) !== null;
    } catch (error) {
      const code = error instanceof ByokError ? error.code : 'BYOK_UNEXPECTED';
      this.#logger.warn(`Could not note what ${provider} said of a key: ${code}.`);
      return false;
    }
  }

  emit(type: 'accepted' | 'refused', key: ResolvedApiKey, actor: KeyOwner | undefined, holder: KeyHolder): void {
    const { owner, source, provider, label } = key;
    this.events.emit({ type, owner, source, actor, provider, label }, holder);
  }

  /** Nobody else is informed: a user cannot replace the application's key. */
  logPlatformRefusal({ provider }: ResolvedApiKey, { outcome, reason }: KeyVerdict): void {
    this.#logger.error(`A provider did not accept the key in platformKeys.${provider}: ${reason ?? outcome}.`);
  }
}

/** The record that a key was read from. */
interface ReadRecord {
  scope: KeyScope;
  found: FoundKey;
}

/** The use of one key that was handed out. @internal */
export class KeyUse implements KeyFeedback {
  #hasDoubt: boolean;

  constructor(
    private readonly uses: KeyUses,
    /** `null`: the key is not stored. */
    private readonly record: ReadRecord | null,
    private readonly actor: KeyOwner | undefined,
    private readonly holder: KeyHolder,
  ) {
    this.#hasDoubt = record !== null && record.found.doubt !== null;
  }

  async failed(key: ResolvedApiKey, error: unknown): Promise<KeyUnusableError | undefined> {
    if (error instanceof KeyUnusableError) return error;
    const verdict = attributeTo(await readFailure(error), key, this.uses.options.providers);
    return verdict && this.refused(key, verdict);
  }

  async refused(key: ResolvedApiKey, verdict: KeyVerdict): Promise<KeyUnusableError> {
    this.#hasDoubt = this.record !== null;
    await this.#note(key, verdict);
    if (key.source === 'platform') this.uses.logPlatformRefusal(key, verdict);
    this.uses.emit('refused', key, this.actor, this.holder);
    const { provider, label, owner } = key;
    const code = codeOf(verdict);
    const config = this.uses.options.providers[provider];
    if (refusalChannel.hasSubscribers) refusalChannel.publish({ provider, code });
    const isOwn = owner.kind === 'user' || owner.kind === 'session';
    if (!isOwn) return new KeyUnusableError(code, provider, label, config?.name, owner.kind);
    return new KeyUnusableError(code, provider, label, config?.name, undefined, shownOf(key, config), this.holder);
  }

  succeeded(key: ResolvedApiKey, result: unknown): Promise<void> | undefined {
    return this.#hasDoubt ? this.#accept(key, result) : undefined;
  }

  async #accept(key: ResolvedApiKey, result: unknown): Promise<void> {
    // Of `fetch` and the like, which do not throw because of a status.
    if ((failureOf(result).status ?? 200) >= 400) return;
    this.#hasDoubt = false;
    if (await this.#note(key, { outcome: 'accepted' })) this.uses.emit('accepted', key, this.actor, this.holder);
  }

  async #note(key: ResolvedApiKey, verdict: KeyVerdict): Promise<boolean> {
    if (!this.record) return false;
    return this.uses.note(this.record.scope, key, this.record.found.ciphertext, verdict);
  }
}

/** What the owner of a key may see of it. */
function shownOf({ apiKey, fields }: ResolvedApiKey, config: ProviderConfig | undefined): Omit<ShownKey, 'label'> {
  const names = Object.keys(fields);
  const visible = names.filter((name) => config?.fields?.[name]?.visible === true);
  const values = Object.fromEntries(visible.map((name) => [name, fields[name]]));
  return { hint: maskKey(apiKey), fields: { names, values } };
}

function codeOf({ outcome, reason }: KeyVerdict): KeyUnusableCode {
  if (outcome === 'refused') return 'BYOK_KEY_REFUSED';
  return reason === 'no-credit' ? 'BYOK_KEY_NO_CREDIT' : 'BYOK_KEY_RESTRICTED';
}
