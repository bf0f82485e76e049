import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { ConfigurationError } from '../errors/index.js';
import type { ResolvedApiKey } from '../keys/index.js';
import { type KeyRequirement, requirementsOf } from './key-requirement.js';
import { callOf, foundKeysOf, requireSameCaller } from './request-keys.js';
import { untouchedParameter } from './untouched-parameter.js';

/**
 * The caller's key as a string: what the guard of the handler resolved. With several guards, name the provider;
 * without a name it is the first one's. Where the guard took another of several providers, it is `null`.
 *
 * @throws ConfigurationError if the handler has no guard for it
 * @publicApi
 */
// The type is written out, since what `createParamDecorator` returns names a type that NestJS 11 does not have.
export const ApiKey: (...providerOrPipes: (string | PipeTransform | Type<PipeTransform>)[]) => ParameterDecorator =
  createParamDecorator(giveApiKey, [untouchedParameter]);

/**
 * The same as {@link ApiKey}, with its provider, label, extra fields, source and expiry.
 *
 * @throws ConfigurationError if the handler has no guard for it
 * @publicApi
 */
export const ResolvedKey: typeof ApiKey = createParamDecorator(giveResolvedKey, [untouchedParameter]);

/** What fills a parameter, by which the check at the start knows our decorators. @internal */
export const parameterFactories: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [giveApiKey, 'ApiKey'],
  [giveResolvedKey, 'ResolvedKey'],
]);

function giveApiKey(provider: string | undefined, context: ExecutionContext) {
  return handOut('ApiKey', provider, context, (key) => key?.apiKey ?? null);
}

function giveResolvedKey(provider: string | undefined, context: ExecutionContext) {
  return handOut('ResolvedKey', provider, context, (key) => key);
}

/** At once, unless it must be asked first who the caller is now. */
function handOut<T>(
  decorator: string,
  provider: string | undefined,
  context: ExecutionContext,
  give: (key: ResolvedApiKey | null) => T,
): T | Promise<T> {
  const controller = context.getClass();
  const handler = `${controller.name}.${context.getHandler().name}()`;
  const requirements = requirementsOf(controller, context.getHandler());
  const found = foundKeysOf(callOf(context), requirements);
  if (!found) {
    throw new ConfigurationError(
      requirements.length > 0
        ? `${handler} uses @${decorator}(), but its guard did not run. It needs ApiKeyGuard, or a subclass that calls super.canActivate().`
        : `${handler} uses @${decorator}() without a guard. Put @RequireApiKey('${provider ?? 'openai'}') on the handler or its class.`,
    );
  }
  const key = chooseKey(found.keys, provider, requirements, `${handler} uses @${decorator}('${provider}')`);
  return found.isUntouched ? give(key) : requireSameCaller(found, handler).then(() => give(key));
}

function chooseKey(
  keys: readonly ResolvedApiKey[],
  provider: string | undefined,
  requirements: readonly KeyRequirement[],
  use: string,
): ResolvedApiKey | null {
  if (provider === undefined) return keys[0];
  const found = keys.find((key) => key.provider === provider);
  if (found) return found;
  if (requirements.some(({ providers, providerOf }) => providerOf || providers.includes(provider))) return null;
  throw new ConfigurationError(
    `${use}, but its guards are for other providers. Put @RequireApiKey('${provider}') on it.`,
  );
}
