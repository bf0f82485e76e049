import type { Provider } from '@nestjs/common';
import { BYOK_MODULE_OPTIONS } from '../byok.module-definition.js';
import { ConfigurationError } from '../errors/index.js';
import type { ByokModuleOptions } from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';

/**
 * The module's options as the injector keeps them: with the root secret and the database's password in them, so that a
 * container that is printed must not show them.
 *
 * @internal
 */
export class RedactedOptions extends Redacted {
  readonly #options: ByokModuleOptions;

  constructor(options: ByokModuleOptions) {
    super();
    this.#options = options;
  }

  /** The options themselves. Those that a test puts in their place are taken as they are. */
  static reveal(held: RedactedOptions | ByokModuleOptions): ByokModuleOptions {
    return held instanceof RedactedOptions ? held.#options : held;
  }
}

/**
 * The providers of the module's definition, with its options held. `ofClass` is whether a class makes them.
 *
 * @internal
 */
export function redactOptions(providers: Provider[] = [], ofClass = false): Provider[] {
  return providers.map((provider) => {
    if (typeof provider === 'function' || provider.provide !== BYOK_MODULE_OPTIONS) return provider;
    if ('useValue' in provider) {
      return { ...provider, useValue: new RedactedOptions(provider.useValue as ByokModuleOptions) };
    }
    if (!('useFactory' in provider)) return provider;
    return {
      ...provider,
      useFactory: async (...injected: unknown[]) =>
        new RedactedOptions(
          (await (ofClass ? madeBy(injected[0]) : provider.useFactory(...(injected as never[])))) as ByokModuleOptions,
        ),
    };
  });
}

/** `create()` is the name that Nest's builder gives the method by itself. */
function madeBy(factory: unknown): unknown {
  const maker = factory as Partial<Record<'createByokOptions' | 'create', () => unknown>> | null;
  if (typeof maker?.createByokOptions === 'function') return maker.createByokOptions();
  if (typeof maker?.create === 'function') return maker.create();
  throw new ConfigurationError(
    'What useClass or useExisting names has to have a method createByokOptions() that gives the options.',
  );
}
