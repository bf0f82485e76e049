import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ConfigurationError } from '../errors/index.js';
import { resolvedKeysOf } from '../guards/index.js';
import type { ResolvedApiKey } from '../resolved-api-key.js';

/**
 * The caller's key as a string: what the guard of the handler resolved. With several guards, name the provider;
 * without a name it is the first one's. Where the guard took another of several providers, it is `null`.
 *
 * @throws {ConfigurationError} where the handler has no guard for it
 * @publicApi
 */
export const ApiKey = createParamDecorator(
  (provider: string | undefined, context: ExecutionContext): string | null =>
    resolvedKey('ApiKey', provider, context)?.apiKey ?? null,
);

/**
 * The same as {@link ApiKey}, with its provider, label, extra fields, source and expiry.
 *
 * @throws {ConfigurationError} where the handler has no guard for it
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
  const handler = `${context.getClass().name}.${context.getHandler().name}()`;
  const resolved = resolvedKeysOf(context.switchToHttp().getRequest<object>());
  if (!resolved) {
    throw new ConfigurationError(
      `${handler} uses @${decorator}() without a guard. Put @RequireApiKey('${provider ?? 'openai'}') on the handler or its class.`,
    );
  }
  if (provider === undefined) return resolved.keys[0];
  const found = resolved.keys.find((key) => key.provider === provider);
  if (found) return found;
  if (resolved.requirements.some(({ providers }) => providers.includes(provider))) return null;
  throw new ConfigurationError(
    `${handler} uses @${decorator}('${provider}'), but its guards are for other providers. Put @RequireApiKey('${provider}') on it.`,
  );
}
