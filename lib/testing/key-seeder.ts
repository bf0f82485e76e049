import type { EncryptionService } from '../crypto/index.js';
import { ByokError, ConfigurationError } from '../errors/index.js';
import { userIdText } from '../identity/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { checkApiKey, checkLabel, checkProvider, sealKey } from '../keys/index.js';
import type { KeyScope, KeyStorage } from '../storage/index.js';
import type { TestKey, TestKeys } from './test-keys.interface.js';

/**
 * Stores the keys of test users: checked and sealed as others are, but without events.
 *
 * @internal
 */
export class KeySeeder {
  constructor(
    private readonly storage: KeyStorage,
    private readonly encryption: EncryptionService,
    private readonly options: ResolvedByokOptions,
  ) {}

  /** @throws ConfigurationError for what cannot be a key, without quoting it */
  async seed(keys: TestKeys): Promise<void> {
    for (const [id, providers] of Object.entries(keys)) {
      for (const [provider, given] of Object.entries(providers)) {
        try {
          await this.#seedProvider(id, provider, [given].flat());
        } catch (error) {
          if (!(error instanceof ByokError)) throw error;
          throw new ConfigurationError(`withTestKeys(): keys.${id}.${provider}: ${error.message}`);
        }
      }
    }
  }

  async #seedProvider(id: string, provider: string, keys: readonly (string | TestKey)[]): Promise<void> {
    const userId = userIdText(id);
    if (userId === undefined) throw new ConfigurationError(`${JSON.stringify(id)} cannot be the id of a user.`);
    checkProvider(provider, this.options);
    const scope = this.storage.scopeOf({ userId, session: undefined });
    for (const [i, key] of keys.entries()) {
      await this.#seedKey(scope, provider, typeof key === 'string' ? { apiKey: key } : key);
      // Keys of one millisecond have no order.
      if (i === 0 && keys.length > 1) await this.storage.pinDefaults(scope, [provider]);
    }
  }

  async #seedKey(scope: KeyScope, provider: string, key: TestKey): Promise<void> {
    const label = checkLabel(key.label) ?? 'default';
    const { apiKey } = checkApiKey(key.apiKey, provider, this.options.providers);
    const content = { key: apiKey, fields: key.fields ?? {} };
    const sealed = sealKey(this.encryption, scope, { provider, label }, content, key.expiresAt ?? null);
    if (!(await this.storage.putIfAbsent(scope, sealed, this.options.maxKeysPerUser))) {
      throw new ConfigurationError(`There are two keys labeled '${label}', or more than maxKeysPerUser allows.`);
    }
  }
}
