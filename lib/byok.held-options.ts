import type { Provider } from '@nestjs/common';
import { BYOK_MODULE_OPTIONS } from './byok.module-definition.js';
import { Redacted } from './crypto/index.js';
import type { ByokModuleOptions } from './interfaces/index.js';

/**
 * The module's options as the injector keeps them: with the root secret and the database's password in them, so that a
 * container that is printed must not show them.
 *
 * @internal
 */
export class HeldOptions extends Redacted {
  readonly #options: ByokModuleOptions;

  constructor(options: ByokModuleOptions) {
    super();
    this.#options = options;
  }

  /** The options themselves. Those that a test puts in their place are taken as they are. */
  static reveal(held: HeldOptions | ByokModuleOptions): ByokModuleOptions {
    return held instanceof HeldOptions ? held.#options : held;
  }
}

/** The providers of the module's definition, with its options held. @internal */
export function holdOptions(providers: Provider[] = []): Provider[] {
  return providers.map((provider) => {
    if (typeof provider === 'function' || provider.provide !== BYOK_MODULE_OPTIONS) return provider;
    if ('useValue' in provider) {
      return { ...provider, useValue: new HeldOptions(provider.useValue as ByokModuleOptions) };
    }
    if (!('useFactory' in provider)) return provider;
    return {
      ...provider,
      useFactory: async (...injected: unknown[]) =>
        new HeldOptions((await provider.useFactory(...(injected as never[]))) as ByokModuleOptions),
    };
  });
}
