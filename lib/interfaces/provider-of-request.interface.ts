import type { ExecutionContext } from '@nestjs/common';
import type { ByokRequest } from './request.interface.js';

/** A request with what its route named. @publicApi */
export type RoutedRequest = ByokRequest & { params: Record<string, string> };

/**
 * Reads the name of a provider from a request, for `@RequireApiKey()`. Anything but one of the option `providers` is 400
 * `BYOK_INVALID_INPUT`; an array too, which platforms give for a wildcard. The request may have the type of its platform.
 * Outside of HTTP, it is what `resolveHolder` returned, and `context` has the arguments of the call.
 *
 * @publicApi
 */
export type ProviderOfRequest<Request = RoutedRequest> = (
  request: Request,
  context: ExecutionContext,
) => string | readonly string[] | undefined | Promise<string | readonly string[] | undefined>;
