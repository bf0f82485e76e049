import { Inject, Injectable } from '@nestjs/common';
import { ByokCallers } from './byok.callers.js';
import { BYOK_OPTIONS } from './byok.constants.js';
import { getEnvKey } from './byok.env.js';
import { ByokEvents } from './byok.events.js';
import { KeyRenewal, type ReadKey } from './byok.renewal.js';
import { KeyVault } from './byok.vault.js';
import { ByokError, InvalidInputError, UserRequiredError } from './errors/index.js';
import type {
  ByokRequest,
  KeyHolder,
  KeyLabelOptions,
  ResolvedByokOptions,
  SetKeyOptions,
  StoredKey,
} from './interfaces/index.js';
import type { ResolvedApiKey } from './resolved-api-key.js';
import { endedSession, KeyStorage, type KeyPlace, type KeySlot, type RemovedKey } from './storage/index.js';
import { checkApiKey, checkExpiry, checkFields, checkLabel, checkProvider } from './validation/stored-input.js';

/**
 * Stores, finds, lists and removes users' keys: for the request at hand, or for `{ userId }` where there is none.
 *
 * Every method rejects with a `ByokError`: `BYOK_UNAVAILABLE` (503) where the database, the session's store or the
 * encryption key is missing, which is never reported as "no key".
 *
 * @example
 * const openai = new OpenAI({ apiKey: (await byok.getKey(request, 'openai')) ?? undefined });
 *
 * @publicApi
 */
@Injectable()
export class ByokService {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: ByokCallers,
    private readonly vault: KeyVault,
    private readonly events: ByokEvents,
    private readonly renewal: KeyRenewal,
  ) {}

  /**
   * Stores a key, or replaces the one of that provider and label.
   *
   * @throws {InvalidInputError | InvalidKeyError | KeyLimitError | UserRequiredError | StorageError}
   */
  async setKey(holder: KeyHolder, provider: string, apiKey: string, options: SetKeyOptions = {}): Promise<StoredKey> {
    checkProvider(provider, this.options);
    const config = this.options.providers[provider];
    const label = checkLabel(options.label);
    checkApiKey(apiKey, provider, config);
    const fields = checkFields(options.fields, config);
    const expiresAt = checkExpiry(options, this.options.defaultTtl);
    const place = await this.callers.place(holder);
    const sealed = this.vault.seal(place, { provider, label }, apiKey, fields, expiresAt);
    const { record, replaced } = await this.storage.put(place, sealed, this.options.maxKeysPerUser);
    this.#emit(replaced ? 'replaced' : 'stored', place, { provider, label }, holder, sealed.keyId);
    return this.vault.describe(place, record);
  }

  /**
   * The key, decrypted, or `null` where there is none or it has expired.
   *
   * @throws {EncryptionError} where there is one that cannot be decrypted
   */
  async getKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<string | null> {
    return (await this.resolveKey(holder, provider, options))?.apiKey ?? null;
  }

  /**
   * The first key there is of the providers named, decrypted, with its extra values; `null` where there is none. One
   * look-up and one decryption, however many providers.
   *
   * @throws {EncryptionError} where the first there is cannot be decrypted: the next is not quietly taken instead
   */
  async resolveKey(
    holder: KeyHolder,
    provider: string | readonly string[],
    options: KeyLabelOptions = {},
  ): Promise<ResolvedApiKey | null> {
    const label = checkLabel(options.label);
    const providers = typeof provider === 'string' ? [provider] : provider;
    if (!Array.isArray(providers) || providers.length === 0) throw new InvalidInputError('Name at least one provider.');
    const slots = providers.map((name) => ({ provider: checkProvider(name, this.options), label }));
    return (await this.resolveAll(holder, [slots]))[0];
  }

  /**
   * For each list of slots the first key there is, decrypted: one look-up for all of them.
   *
   * @internal
   */
  async resolveAll(holder: KeyHolder, lists: readonly (readonly KeySlot[])[]): Promise<(ResolvedApiKey | null)[]> {
    const found = this.callers.place(holder);
    const place = found instanceof Promise ? await found : found;
    const sealed = await this.storage.read(place, lists.length === 1 ? lists[0] : lists.flat());
    const inSession: ReadKey[] = [];
    let offset = 0;
    const resolved = lists.map((slots) => {
      const start = offset;
      offset += slots.length;
      const i = slots.findIndex((_, n) => sealed[start + n] !== null);
      if (i === -1) return null;
      const key = this.vault.open(place, slots[i], sealed[start + i]!, holder);
      if (place.source === 'session') inSession.push([sealed[start + i]!, key]);
      this.storage.noteUse(place, slots[i]);
      return key;
    });
    for (const key of inSession) await this.renewal.renew(place, key);
    return resolved;
  }

  /** Whether there is a key that has not expired, without decrypting it. */
  async hasKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<boolean> {
    const slot = { provider: checkProvider(provider, this.options), label: checkLabel(options.label) };
    const place = await this.callers.place(holder);
    return (await this.storage.read(place, [slot]))[0] !== null;
  }

  /** Removes a key; whether there was one. */
  async deleteKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<boolean> {
    const label = checkLabel(options.label);
    // Of a provider that is no longer offered, too.
    checkProvider(provider, { providers: {}, allowUnknownProviders: true });
    const place = await this.callers.place(holder);
    const deleted = await this.storage.delete(place, { provider, label });
    if (deleted) this.#emit('deleted', place, { provider, label }, holder);
    return deleted;
  }

  /** The providers that the holder has keys of, expired ones left out. */
  async listProviders(holder: KeyHolder): Promise<string[]> {
    const keys = await this.listKeys(holder);
    return [...new Set(keys.filter((key) => key.status !== 'expired').map((key) => key.provider))];
  }

  /** What is stored, by provider and label, without decrypting anything. */
  async listKeys(holder: KeyHolder): Promise<StoredKey[]> {
    const place = await this.callers.place(holder);
    return (await this.storage.list(place)).map((record) => this.vault.describe(place, record));
  }

  /** Removes all of the holder's keys; how many there were. */
  async clearKeys(holder: KeyHolder): Promise<number> {
    const place = await this.callers.place(holder);
    const removed = await this.storage.clear(place);
    for (const slot of removed) this.#emit('deleted', place, slot, holder);
    return removed.length;
  }

  /**
   * Stores the keys that stand in the environment (`API_KEY_OPENAI`, …), for trying things out and for moving in.
   *
   * @returns per provider whether a key was stored; false where none is set or what is set can be no key
   */
  async importFromEnv(
    holder: KeyHolder,
    providers: readonly string[],
    { prefix = 'API_KEY_' }: { prefix?: string } = {},
  ): Promise<Record<string, boolean>> {
    const done: Record<string, boolean> = {};
    for (const provider of providers) {
      const apiKey = getEnvKey(checkProvider(provider, this.options), prefix);
      done[provider] = apiKey !== undefined && (await this.#storedOrRefused(holder, provider, apiKey));
    }
    return done;
  }

  /**
   * Moves the keys of a visitor who has just signed in from the session to where signed-in users' keys are. A key that
   * the user has already is never overwritten: whoever prepared the visitor's session could plant theirs. It stays in
   * the session.
   *
   * Call it before `session.regenerate()`, or after it with `from`: the session object as it was (with its `id`).
   *
   * @returns how many were moved
   * @throws {UserRequiredError} where nobody is signed in on this request
   */
  async adoptSessionKeys(request: ByokRequest, { from }: { from?: unknown } = {}): Promise<number> {
    const caller = await this.callers.caller(request);
    if (caller.userId === undefined) throw new UserRequiredError('Sign the user in before adopting their keys.');
    const session = from === undefined ? caller.session : endedSession(from, request);
    if (from !== undefined && !session) {
      throw new InvalidInputError('from has to be the session object as it was, or a copy that has its id.');
    }
    if (!session) return 0;
    const visitor = this.storage.visitorPlace({ userId: undefined, session });
    if (!visitor) return 0;
    const place = this.storage.place(caller);
    let moved = 0;
    for (const record of await this.storage.readAll(visitor)) {
      const resealed = this.vault.reseal(visitor, place, record);
      if (!resealed || !(await this.storage.putIfAbsent(place, resealed, this.options.maxKeysPerUser))) continue;
      await this.storage.delete(visitor, record);
      this.#emit('stored', place, record, request, resealed.keyId);
      moved++;
    }
    return moved;
  }

  /**
   * Removes expired keys: everybody's, as far as they are in the database, or the holder's.
   *
   * @returns how many were removed
   */
  async deleteExpired(holder?: KeyHolder): Promise<number> {
    if (holder) return this.deleteExpiredAt(await this.callers.place(holder));
    return this.#expired(await this.storage.deleteAllExpired());
  }

  /** @internal */
  async deleteExpiredAt(place: KeyPlace): Promise<number> {
    return this.#expired(await this.storage.deleteExpired(place));
  }

  async #storedOrRefused(holder: KeyHolder, provider: string, apiKey: string): Promise<boolean> {
    try {
      await this.setKey(holder, provider, apiKey);
      return true;
    } catch (error) {
      if (error instanceof ByokError && ['BYOK_INVALID_INPUT', 'BYOK_INVALID_KEY'].includes(error.code)) return false;
      throw error;
    }
  }

  #expired(removed: RemovedKey[]): number {
    for (const { owner, source, provider, label } of removed) {
      this.events.emit({ type: 'expired', owner, source, provider, label });
    }
    return removed.length;
  }

  #emit(
    type: 'stored' | 'replaced' | 'deleted',
    { owner, source }: KeyPlace,
    { provider, label }: KeySlot,
    holder: KeyHolder,
    keyId?: Buffer,
  ): void {
    const id = keyId && { keyId: keyId.toString('hex') };
    this.events.emit({ type, owner, source, provider, label, ...id }, holder);
  }
}
