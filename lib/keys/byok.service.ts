import { Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { InvalidInputError } from '../errors/index.js';
import { ExpiredKeyCleanup } from '../expiry/index.js';
import { CallerResolver } from '../identity/index.js';
import type {
  AuditEntry,
  ByokRequest,
  ErasedUser,
  KeyHolder,
  KeyLabelOptions,
  ResolvedByokOptions,
  SetKeyOptions,
  StoredKey,
  UserMetadata,
} from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';
import { SavedUrlCheck } from '../ssrf/index.js';
import { type KeyScope, type KeySlot, KeyStorage } from '../storage/index.js';
import { createKey } from './create-key.js';
import { getEnvKey, unlessInvalid } from './env-keys.js';
import { checkApiKey, checkExpiry, checkFields, checkLabel, checkProvider, refuseKeyAsName } from './key-input.js';
import { KeyResolver } from './key-resolver.js';
import { KeySealer } from './key-sealer.js';
import type { ResolvedApiKey } from './resolved-api-key.js';
import { SessionKeyAdoption } from './session-key-adoption.js';
import { UserData } from './user-data.js';

/**
 * Stores, finds, lists and removes users' keys: for the request at hand, or for `{ userId }` where there is none.
 *
 * Every method rejects with a `ByokError`: `BYOK_UNAVAILABLE` (503) where the database, the session's store or the
 * encryption key is missing, which is never reported as "no key".
 *
 * @example
 * ```ts
 * const openai = new OpenAI({ apiKey: (await byok.getKey(request, 'openai')) ?? undefined });
 * ```
 *
 * @publicApi
 */
@Injectable()
export class ByokService extends Redacted {
  /** @internal */
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly vault: KeySealer,
    private readonly resolver: KeyResolver,
    private readonly events: KeyEvents,
    private readonly hosts: SavedUrlCheck,
    private readonly adoption: SessionKeyAdoption,
    private readonly accounts: UserData,
    private readonly cleanup: ExpiredKeyCleanup,
  ) {
    super();
  }

  /**
   * Stores a key, or replaces the one of that provider and label; with `ifAbsent` it never replaces.
   *
   * @throws InvalidInputError, InvalidKeyError, KeyLimitError, UserRequiredError or StorageError
   */
  async setKey(holder: KeyHolder, provider: string, apiKey: string, options: SetKeyOptions = {}): Promise<StoredKey> {
    return this.#store(holder, () => this.callers.scopeOf(holder), provider, apiKey, options);
  }

  async #store(
    holder: KeyHolder,
    scope: () => KeyScope | Promise<KeyScope>,
    provider: string,
    apiKey: string,
    options: SetKeyOptions = {},
  ): Promise<StoredKey> {
    checkProvider(provider, this.options);
    const config = this.options.providers[provider];
    const label = checkLabel(options.label);
    checkApiKey(apiKey, provider, config);
    refuseKeyAsName(apiKey, [provider, label]);
    const fields = checkFields(options.fields, config);
    const expiresAt = checkExpiry(options, this.options.defaultTtl);
    await this.hosts.check(fields, config);
    const place = await scope();
    const sealed = this.vault.seal(place, { provider, label }, apiKey, fields, expiresAt);
    const { maxKeysPerUser } = this.options;
    const { record, replaced } = await (options.ifAbsent
      ? createKey(this.storage, place, sealed, maxKeysPerUser)
      : this.storage.put(place, sealed, maxKeysPerUser));
    this.#emit(replaced ? 'replaced' : 'stored', place, { provider, label }, holder, sealed.keyId);
    return this.vault.describeNew(place, record);
  }

  /**
   * The key, decrypted, or `null` where there is none or it has expired.
   *
   * @throws EncryptionError if there is one that cannot be decrypted
   */
  async getKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<string | null> {
    return (await this.resolveKey(holder, provider, options))?.apiKey ?? null;
  }

  /**
   * The first key there is of the providers named, decrypted, with its extra values; `null` where there is none. One
   * look-up and one decryption, however many providers.
   *
   * @throws EncryptionError if the first there is cannot be decrypted: the next is not quietly taken instead
   */
  async resolveKey(
    holder: KeyHolder,
    provider: string | readonly string[],
    options: KeyLabelOptions = {},
  ): Promise<ResolvedApiKey | null> {
    const label = checkLabel(options.label);
    const providers = Array.isArray(provider) ? (provider as readonly string[]) : [provider as string];
    if (providers.length === 0) throw new InvalidInputError('Name at least one provider.');
    const slots = providers.map((name) => ({ provider: checkProvider(name, this.options), label }));
    return (await this.resolver.resolve(holder, [slots])).keys[0] ?? null;
  }

  /** Whether there is a key that has not expired, without decrypting it. */
  async hasKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<boolean> {
    const slot = { provider: checkProvider(provider, this.options), label: checkLabel(options.label) };
    const place = await this.callers.scopeOf(holder);
    return (await this.storage.read(place, [slot]))[0] !== null;
  }

  /** Removes a key; whether there was one. */
  async deleteKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<boolean> {
    const label = checkLabel(options.label);
    // Of a provider that is no longer offered, too.
    checkProvider(provider, { providers: {}, allowUnknownProviders: true });
    const place = await this.callers.scopeOf(holder);
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
    const place = await this.callers.scopeOf(holder);
    return (await this.storage.list(place)).map((record) => this.vault.describe(place, record));
  }

  /** Removes all of the holder's keys; how many there were. */
  async clearKeys(holder: KeyHolder): Promise<number> {
    const place = await this.callers.scopeOf(holder);
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
    let found: KeyScope | undefined;
    const scope = async () => (found ??= await this.callers.scopeOf(holder));
    for (const provider of providers) {
      const apiKey = getEnvKey(checkProvider(provider, this.options), prefix);
      done[provider] = apiKey !== undefined && (await unlessInvalid(this.#store(holder, scope, provider, apiKey)));
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
   * @throws UserRequiredError if nobody is signed in on this request
   */
  async adoptSessionKeys(request: ByokRequest, { from }: { from?: unknown } = {}): Promise<number> {
    return this.adoption.adopt(request, from);
  }

  /**
   * Removes expired keys: everybody's, as far as they are in the database, or the holder's.
   *
   * @returns how many were removed
   */
  async deleteExpired(holder?: KeyHolder): Promise<number> {
    return holder ? this.cleanup.at(await this.callers.scopeOf(holder)) : this.cleanup.everywhere();
  }

  /**
   * What happened to the holder's keys, newest first. Entries of other instances come within a second.
   *
   * @throws ConfigurationError if the option `audit` is off
   */
  auditTrail(holder: KeyHolder, { limit = 50 }: { limit?: number } = {}): Promise<AuditEntry[]> {
    return this.accounts.trail(holder, limit);
  }

  /**
   * Removes what is stored about a user: their keys' rows and audit entries; how many there were. What a request or an
   * instance has under way may come after: ask again once the user can no longer sign in. Sessions end by themselves.
   */
  eraseUser(userId: string): Promise<ErasedUser> {
    return this.accounts.erase(userId);
  }

  /** What is stored about a user, without secrets, to be handed out to them. */
  exportMetadata(userId: string): Promise<UserMetadata> {
    return this.accounts.metadata(userId);
  }

  #emit(
    type: 'stored' | 'replaced' | 'deleted',
    { owner, source }: KeyScope,
    { provider, label }: KeySlot,
    holder: KeyHolder,
    keyId?: Buffer,
  ): void {
    const id = keyId && { keyId: keyId.toString('hex') };
    this.events.emit({ type, owner, source, provider, label, ...id }, holder);
  }
}
