import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ConfigurationError } from '../errors/index.js';
import type { ResolvedApiKey } from '../keys/index.js';
import { requirementsOf } from './key-requirement.js';
import { callOf, resolvedKeysOf } from './request-keys.js';

/**
 * The caller's key as a string: what the guard of the handler resolved. With several guards, name the provider;
 * without a name it is the first one's. Where the guard took another of several providers, it is `null`.
 *
 * @throws ConfigurationError if the handler has no guard for it
 * @publicApi
 */
export const ApiKey = createParamDecorator(
  (provider: string | undefined, context: ExecutionContext): string | null =>
    resolvedKey('ApiKey', provider, context)?.apiKey ?? null,
);

/**
 * The same as {@link ApiKey}, with its provider, label, extra fields, source and expiry.
 *
 * @throws ConfigurationError if the handler has no guard for it
 * @publicApi
 */
export const ResolvedKey = createParamDecorator(
  (provider: string | undefined, context: ExecutionContext): ResolvedApiKey | null =>
    resolvedKey('ResolvedKey', provider, context),
);

function resolvedKey(
  decorator: string,
  provider: string | undefined,
  context: ExecutionContext,
): ResolvedApiKey | null {
  const controller = context.getClass();
  const handler = `${controller.name}.${context.getHandler().name}()`;
  const requirements = requirementsOf(controller, context.getHandler());
  const keys = resolvedKeysOf(callOf(context), requirements);
  if (!keys) {
    throw new ConfigurationError(
      requirements.length > 0
        ? `${handler} uses @${decorator}(), but its guard did not run. It needs ApiKeyGuard, or a subclass that calls super.canActivate().`
        : `${handler} uses @${decorator}() without a guard. Put @RequireApiKey('${provider ?? 'openai'}') on the handler or its class.`,
    );
  }
  if (provider === undefined) return keys[0];
  const found = keys.find((key) => key.provider === provider);
  if (found) return found;
  if (requirements.some(({ providers }) => providers.includes(provider))) return null;
  throw new ConfigurationError(
    `${handler} uses @${decorator}('${provider}'), but its guards are for other providers. Put @RequireApiKey('${provider}') on it.`,
  );
}
