import { Inject, Injectable, Logger } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokError, ConfigurationError, StorageError } from '../errors/index.js';
import type { KeyHolder, KeyOwner, PlatformKey, ResolvedByokOptions } from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';
import { PLATFORM_SOURCE } from '../validation/index.js';
import { checkApiKey } from './api-key-input.js';
import { checkFields } from './field-input.js';
import type { KeyContent } from './key-sealer.js';
import { KeyUse, KeyUses } from './key-uses.js';
import { ResolvedApiKey } from './resolved-api-key.js';

/** The owner of the application's own keys. @internal */
export const PLATFORM: KeyOwner = Object.freeze({ kind: PLATFORM_SOURCE, id: PLATFORM_SOURCE });

/** One key a provider, which has this label. */
const LABEL = 'default';

/**
 * The application's own keys, of the option `platformKeys`.
 *
 * @internal
 */
@Injectable()
export class PlatformKeySource extends Redacted {
  readonly #logger = new Logger('ByokModule');
  readonly #fixed = new Map<string, KeyContent>();

  /** @throws ConfigurationError if a key cannot be one of its provider */
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly events: KeyEvents,
    private readonly uses: KeyUses,
  ) {
    super();
    for (const [provider, given] of Object.entries(options.platformKeys)) {
      if (given === undefined) {
        this.#logger.warn(
          `platformKeys.${provider} is undefined: the application has no key of its own for ${provider}.`,
        );
      } else if (typeof given !== 'function') {
        this.#fixed.set(provider, this.#checked(provider, given));
      }
    }
  }

  /**
   * The application's key; `undefined` if there is none, or another label is asked for. Synchronous unless it is a function.
   *
   * @throws StorageError if the function fails, or what it returns is not a key
   */
  find(provider: string, label: string | undefined): KeyContent | undefined | Promise<KeyContent | undefined> {
    if (label !== undefined && label !== LABEL) return undefined;
    const { platformKeys } = this.options;
    const given = Object.hasOwn(platformKeys, provider) ? platformKeys[provider] : undefined;
    return typeof given === 'function' ? this.#load(provider, given) : this.#fixed.get(provider);
  }

  /** Hands a key out. */
  open(provider: string, { key, fields }: KeyContent, actor: KeyOwner | undefined, holder: KeyHolder): ResolvedApiKey {
    this.events.emit({ type: 'used', owner: PLATFORM, source: PLATFORM_SOURCE, actor, provider, label: LABEL }, holder);
    const use = new KeyUse(this.uses, null, actor, holder);
    return new ResolvedApiKey(provider, LABEL, key, fields, PLATFORM_SOURCE, null, PLATFORM, use);
  }

  async #load(
    provider: string,
    load: () => string | PlatformKey | undefined | Promise<string | PlatformKey | undefined>,
  ): Promise<KeyContent | undefined> {
    try {
      const given = await load();
      return given === undefined || given === null ? undefined : this.#checked(provider, given);
    } catch (error) {
      // Not the message of another error, which may quote the key.
      const cause =
        error instanceof ByokError ? error.message : `${error instanceof Error ? error.name : typeof error}.`;
      this.#logger.error(`Could not load platformKeys.${provider}: ${cause}`);
      throw new StorageError('The key of this application is unavailable. Try again.');
    }
  }

  #checked(provider: string, given: string | PlatformKey): KeyContent {
    const { apiKey, fields = {} } = typeof given === 'string' ? { apiKey: given } : given;
    try {
      const checked = checkApiKey(apiKey, provider, this.options.providers);
      return { key: checked.apiKey, fields: checkFields(fields, this.options.providers[provider]) };
    } catch (error) {
      if (!(error instanceof ByokError)) throw error;
      throw new ConfigurationError(`platformKeys.${provider} is not a key: ${error.message}`);
    }
  }
}
