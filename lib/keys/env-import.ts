import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { CallerResolver } from '../identity/index.js';
import type { KeyHolder, ResolvedByokOptions } from '../interfaces/index.js';
import { type KeyScope, KeyStorage } from '../storage/index.js';
import { getEnvKey, unlessInvalid } from './env-keys.js';
import { checkProvider } from './key-input.js';
import { KeyWriter } from './key-writer.js';

/** Stores the keys that are in the environment, see `ByokService.importFromEnv`. @internal */
@Injectable()
export class EnvImport {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly writer: KeyWriter,
  ) {}

  async import(
    holder: KeyHolder,
    providers: readonly string[],
    prefix: string | undefined,
  ): Promise<Record<string, boolean>> {
    const done: Record<string, boolean> = {};
    let scope: KeyScope | undefined;
    for (const provider of providers) {
      const apiKey = getEnvKey(checkProvider(provider, this.options), prefix);
      const pinned = async () => {
        scope ??= await this.callers.scopeOf(holder);
        await this.storage.pinDefaults(scope, [provider]);
        return scope;
      };
      done[provider] = apiKey !== undefined && (await unlessInvalid(this.writer.set(holder, pinned, provider, apiKey)));
    }
    return done;
  }
}
