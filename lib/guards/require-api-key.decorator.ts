import { applyDecorators, UseFilters, UseGuards } from '@nestjs/common';
import { ConfigurationError } from '../errors/index.js';
import { ByokExceptionFilter } from '../http/index.js';
import type { ProviderOfRequest, RequireKeyOptions, RoutedRequest } from '../interfaces/index.js';
import { areSources, isLabel, isProviderName } from '../validation/index.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { addRequirement, type KeyRequirement } from './key-requirement.js';
import { bindRefusalFilter } from './refusal.filter.js';

/**
 * The handler, or every handler of the class, needs the caller's key for this provider. Without one the answer is 403
 * `BYOK_KEY_REQUIRED`, or for a browser a page with a form for it.
 *
 * If the handler fails because the provider refused the key, the answer is 403 `BYOK_KEY_REFUSED`, 403
 * `BYOK_KEY_RESTRICTED` or 402 `BYOK_KEY_NO_CREDIT`, unless a filter on the handler itself catches the error. Needs
 * `readFailure` in the provider's configuration.
 *
 * Several on one handler, or on it and its class, all have to hold.
 *
 * The guard that signs the user in has to run before. Nest runs the guards of the application, then those of the class,
 * then those of the method, and of one level from the bottom up: above this decorator on the same method is too late.
 *
 * @example
 * ```ts
 * @Post()
 * @RequireApiKey('openai')
 * chat(@ApiKey() apiKey: string) {}
 * ```
 *
 * A relay takes the provider from the request. It may only be one of the option `providers`: for anything else, the answer is
 * 400 `BYOK_INVALID_INPUT`.
 *
 * @example
 * ```ts
 * @All('relay/:provider/*path')
 * @RequireApiKey((request) => request.params.provider)
 * relay(@ResolvedKey() key: ResolvedApiKey) {}
 * ```
 *
 * @throws ConfigurationError when the class is loaded, for a name that can be no provider's
 * @publicApi
 */
export function RequireApiKey<Request = RoutedRequest>(
  provider: string | ProviderOfRequest<Request>,
  options: RequireKeyOptions = {},
): MethodDecorator & ClassDecorator {
  if (typeof provider !== 'function') return RequireAnyApiKey([provider], options);
  return requireKey({ providers: [], providerOf: provider as ProviderOfRequest }, options);
}

/**
 * The handler needs one of these providers' keys: the first there is, in the order they are named.
 *
 * @example
 * ```ts
 * @Post()
 * @RequireAnyApiKey(['openai', 'anthropic'])
 * summarise(@ResolvedKey() key: ResolvedApiKey) {}
 * ```
 *
 * @throws ConfigurationError when the class is loaded, for a name that can be no provider's
 * @publicApi
 */
export function RequireAnyApiKey(
  providers: readonly string[],
  options: RequireKeyOptions = {},
): MethodDecorator & ClassDecorator {
  if (!Array.isArray(providers) || providers.length === 0 || !providers.every(isProviderName)) {
    throw new ConfigurationError(
      `@RequireApiKey() and @RequireAnyApiKey() take names of providers such as 'openai': 1 to 64 lower-case letters, digits, dots, underscores and hyphens. Got ${JSON.stringify(providers)}.`,
    );
  }
  return requireKey({ providers: [...providers] }, options);
}

function requireKey(
  { providers, ...named }: Pick<KeyRequirement, 'providers' | 'providerOf'>,
  { label, from, feedback = true }: RequireKeyOptions,
): MethodDecorator & ClassDecorator {
  if (label !== undefined && !isLabel(label))
    throw new ConfigurationError('The label in @RequireApiKey() must be 1 to 64 characters.');
  if (from !== undefined && !areSources(from)) {
    throw new ConfigurationError(
      `from in @RequireApiKey() must be an array of different names such as ['user', 'team', 'platform']. Got ${JSON.stringify(from)}.`,
    );
  }
  const requirement = Object.freeze({
    providers: Object.freeze(providers),
    ...named,
    ...(label !== undefined && { label }),
    ...(from !== undefined && { from: Object.freeze([...from]) }),
    ...(!feedback && { feedback }),
  });
  return applyDecorators(
    (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) =>
      addRequirement((descriptor?.value as object | undefined) ?? target, requirement),
    UseGuards(ApiKeyGuard),
    // Bound here too, so that a catch-all filter of the application does not make a 500 of a missing key.
    UseFilters(ByokExceptionFilter),
    (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
      if (feedback) bindRefusalFilter(requirement, target, descriptor?.value as object | undefined);
    },
  );
}
