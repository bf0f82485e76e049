import { Injectable } from '@nestjs/common';
import { ExpiredKeyCleanup } from '../expiry/index.js';
import { CallerResolver } from '../identity/index.js';
import type {
  AuditEntry,
  ByokRequest,
  ErasedUser,
  FindKeyOptions,
  ImportKeysOptions,
  ImportResult,
  KeyHolder,
  KeyLabelOptions,
  KeyOwner,
  KeysToImport,
  OwnerMetadata,
  SavedKey,
  SetKeyOptions,
  StoredKey,
  UpdateKeyOptions,
  UserMetadata,
} from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';
import { EnvImport } from './env-import.js';
import { KeyDescriptions } from './key-descriptions.js';
import { ANY_PROVIDER, checkLabel, checkProvider, requireLabel } from './key-input.js';
import { KeyImport } from './key-import.js';
import { KeyRemoval } from './key-removal.js';
import { KeyResolver } from './key-resolver.js';
import { KeyWriter } from './key-writer.js';
import type { ResolvedApiKey } from './resolved-api-key.js';
import { SessionKeyAdoption } from './session-key-adoption.js';
import { StoredKeyChecks } from './stored-key-checks.js';
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
    private readonly callers: CallerResolver,
    private readonly writer: KeyWriter,
    private readonly descriptions: KeyDescriptions,
    private readonly resolver: KeyResolver,
    private readonly removal: KeyRemoval,
    private readonly adoption: SessionKeyAdoption,
    private readonly accounts: UserData,
    private readonly cleanup: ExpiredKeyCleanup,
    private readonly keyChecks: StoredKeyChecks,
    private readonly env: EnvImport,
    private readonly imports: KeyImport,
  ) {
    super();
  }

  /**
   * Stores a key, or replaces the one of that provider and label as a whole; with `ifAbsent` it never replaces. What people
   * copy along with a key is removed first, see `cleanApiKey`.
   *
   * @throws InvalidInputError, InvalidKeyError, KeyLimitError, UserRequiredError or StorageError
   */
  async setKey(holder: KeyHolder, provider: string, apiKey: string, options: SetKeyOptions = {}): Promise<SavedKey> {
    return this.writer.set(holder, () => this.callers.scopeOf(holder), provider, apiKey, options);
  }

  /**
   * Changes a stored key. What is not named stays: the key, its label, its fields, its expiry. An expired key that is
   * replaced gets the default lifetime; one that cannot be read can be replaced together with all of its fields.
   *
   * @example
   * ```ts
   * await byok.updateKey(request, 'openai', { apiKey });
   * await byok.updateKey(request, 'openai', { label: 'work', newLabel: 'team', expiresAt: null });
   * ```
   *
   * @throws KeyNotFoundError if the key does not exist
   * @throws KeyConflictError if it was changed at the same time, three times in a row, or if the new label is taken
   * @throws InvalidInputError also if a `url` field would change without `apiKey`
   * @throws EncryptionError if it cannot be read, and `apiKey` is not given
   */
  async updateKey(holder: KeyHolder, provider: string, changes: UpdateKeyOptions): Promise<SavedKey> {
    return this.writer.update(holder, () => this.callers.scopeOf(holder), provider, changes);
  }

  /**
   * Chooses the key that is used if no label is named. It stays chosen when it is replaced or gets another label.
   *
   * @throws KeyNotFoundError if the key does not exist or has expired
   */
  async setDefaultKey(holder: KeyHolder, provider: string, label: string): Promise<StoredKey> {
    checkProvider(provider, ANY_PROVIDER);
    return this.writer.setDefault(holder, await this.callers.scopeOf(holder), { provider, label: requireLabel(label) });
  }

  /**
   * The key, decrypted, or `null` where there is none or it has expired.
   *
   * @throws EncryptionError if there is one that cannot be decrypted
   */
  async getKey(holder: KeyHolder, provider: string, options: FindKeyOptions = {}): Promise<string | null> {
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
    options: FindKeyOptions = {},
  ): Promise<ResolvedApiKey | null> {
    return this.resolver.first(holder, provider, options);
  }

  /**
   * Asks the provider whether it accepts a stored key, using the `check` in the provider's configuration. The result is in
   * `lastCheck`; without a `check`, its reason is `not-checkable`. Takes up to 8 seconds.
   *
   * @throws KeyNotFoundError if the key does not exist
   * @throws EncryptionError if it cannot be decrypted
   */
  async checkKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<StoredKey> {
    checkProvider(provider, ANY_PROVIDER);
    const label = checkLabel(options.label);
    return this.keyChecks.check(await this.callers.scopeOf(holder), { provider, label }, holder);
  }

  /** Whether there is a key that has not expired, without decrypting it. */
  async hasKey(holder: KeyHolder, provider: string, options: FindKeyOptions = {}): Promise<boolean> {
    return this.resolver.has(holder, provider, options);
  }

  /** Removes a key, without a label the default key; whether there was one. */
  async deleteKey(holder: KeyHolder, provider: string, options: KeyLabelOptions = {}): Promise<boolean> {
    return this.removal.delete(holder, () => this.callers.scopeOf(holder), provider, options);
  }

  /** The providers that the holder has keys of, expired ones left out. */
  async listProviders(holder: KeyHolder): Promise<string[]> {
    const keys = await this.listKeys(holder);
    return [...new Set(keys.filter((key) => key.status !== 'expired').map((key) => key.provider))];
  }

  /** What is stored, by provider and label. Nothing is decrypted, except for fields that are declared `visible`. */
  async listKeys(holder: KeyHolder): Promise<StoredKey[]> {
    return this.descriptions.list(await this.callers.scopeOf(holder));
  }

  /** Removes all of the holder's keys; how many there were. */
  async clearKeys(holder: KeyHolder): Promise<number> {
    return this.removal.clear(await this.callers.scopeOf(holder), holder);
  }

  /**
   * Stores the keys that are in the environment (`OPENAI_API_KEY`, `API_KEY_OPENAI`, …), to try things out and to move in.
   * What is the default key stays it. See `getEnvKey` for the names.
   *
   * @returns per provider whether a key was stored; false if none is set or what is set cannot be a key
   */
  async importFromEnv(
    holder: KeyHolder,
    providers: readonly string[],
    { prefix }: { prefix?: string } = {},
  ): Promise<Record<string, boolean>> {
    return this.env.import(holder, providers, prefix);
  }

  /**
   * Stores many users' keys, such as those of a table that the application had before. Each is cleaned, checked and refused
   * as `setKey` does it, without asking a provider; one that is refused does not stop the others. The source may be of any
   * length, and the import can be repeated. Default keys stay what they are. See docs/moving-in.md of the package.
   *
   * @throws KeyImportError if the database or the encryption fails; it says how far the import came
   * @throws ConfigurationError if keys are kept in sessions only
   * @throws what the source fails with; what it gave before is stored
   */
  async importKeys(source: KeysToImport, options: ImportKeysOptions = {}): Promise<ImportResult> {
    return this.imports.import(source, options);
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
    return this.accounts.erase({ kind: 'user', id: userId });
  }

  /** The same for an owner of any kind, such as `{ kind: 'team', id }`, also of one that `sharedOwners` no longer has. */
  eraseOwner(owner: KeyOwner): Promise<ErasedUser> {
    return this.accounts.erase(owner);
  }

  /** What is stored about a user, without secrets, to be handed out to them. */
  async exportMetadata(userId: string): Promise<UserMetadata> {
    const { owner, ...metadata } = await this.accounts.metadata({ kind: 'user', id: userId });
    return { userId: owner.id, ...metadata };
  }

  /** The same for an owner of any kind. */
  exportOwner(owner: KeyOwner): Promise<OwnerMetadata> {
    return this.accounts.metadata(owner);
  }
}
