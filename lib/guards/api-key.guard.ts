import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { type ByokError, ConfigurationError, KeyRequiredError } from '../errors/index.js';
import { type AnyResponse, ExpiredKeyCleanup } from '../expiry/index.js';
import { CallerResolver } from '../identity/index.js';
import type { ByokRequest } from '../interfaces/index.js';
import { KeyResolver, type ResolvedApiKey } from '../keys/index.js';
import { type KeyRequirement, requirementsOf } from './key-requirement.js';
import { callOf, rememberResolved, resolvedKeysOf } from './request-keys.js';

/**
 * Lets a request through when its caller has the keys that `@RequireApiKey()` and `@RequireAnyApiKey()` ask for, on the
 * handler and on its class. They are looked up and decrypted once a request; `@ApiKey()` hands out what was found.
 *
 * Extend it to change where the request comes from or what is thrown, and put the subclass on routes or make it the
 * application's `APP_GUARD`: a request whose keys are resolved already passes the other guards at once.
 *
 * In GraphQL, in a microservice or behind a websocket only a subclass knows the request: have `getRequest` give it, and the
 * subclass run before the guard of the decorator. It is an object with `headers` and what `resolveUser` reads, made of what
 * the application knows of the caller, never of what a message says. Where one request lives for many operations, as that of
 * a websocket does, give an object of its own for each: else a user who changes or a key that is deleted meanwhile is not
 * noticed. Messages of a websocket must be objects.
 *
 * It asks `resolveUser`, so it has to run after the guard that signs the user in. Nest runs the guards of the
 * application first, then those of the class, then those of the method, and of one level from the bottom up.
 *
 * @example
 * ```ts
 * class TeapotGuard extends ApiKeyGuard {
 *   protected override createMissingKeyError() {
 *     return new HttpException('No key, no tea.', 418);
 *   }
 * }
 * ```
 *
 * @publicApi
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    protected readonly resolver: KeyResolver,
    protected readonly callers: CallerResolver,
    protected readonly events: KeyEvents,
    protected readonly cleanup: ExpiredKeyCleanup,
  ) {}

  /** @throws KeyRequiredError if a key is missing @throws EncryptionError if one cannot be decrypted */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirements = requirementsOf(context.getClass(), context.getHandler());
    if (requirements.length === 0) return true;
    // Outside of HTTP, the guard on the method knows no request; one before it that does has done it all.
    const call = context.getType() === 'http' ? undefined : callOf(context);
    if (resolvedKeysOf(call, requirements)) return true;
    const request = this.getRequest(context);
    // On the class and on the method: the first of the two has done it all.
    let keys = resolvedKeysOf(request, requirements);
    if (!keys) {
      keys = await this.#resolve(request, requirements, context);
      rememberResolved(request, requirements, keys);
    }
    if (call && call !== request) rememberResolved(call, requirements, keys);
    return true;
  }

  /**
   * The request whose caller's keys are meant.
   *
   * @throws ConfigurationError outside of HTTP: what a handler is called with there may be the caller's own words
   */
  protected getRequest(context: ExecutionContext): ByokRequest {
    if (context.getType() !== 'http') {
      const handler = `${context.getClass().name}.${context.getHandler().name}()`;
      throw new ConfigurationError(
        `${handler} is called by '${context.getType()}', where ApiKeyGuard knows no request. Extend it, say in getRequest() whose keys are meant, and have it run before: with @UseGuards() below @RequireApiKey() or on the class, or as APP_GUARD.`,
      );
    }
    return context.switchToHttp().getRequest<ByokRequest>();
  }

  /** The error for a key that is not there. */
  protected createMissingKeyError({ providers, label }: KeyRequirement, _context: ExecutionContext): ByokError | Error {
    return new KeyRequiredError(providers, label);
  }

  async #resolve(
    request: ByokRequest,
    requirements: readonly KeyRequirement[],
    context: ExecutionContext,
  ): Promise<readonly ResolvedApiKey[]> {
    const { keys, missing } = await this.resolver.resolve(
      request,
      requirements.map(({ providers, label }) => providers.map((provider) => ({ provider, label }))),
    );
    if (context.getType() === 'http') {
      this.cleanup.afterwards(request, context.switchToHttp().getResponse<AnyResponse | undefined>());
    }
    if (missing === -1) return keys;
    await this.#tellDenied(request, requirements[missing]);
    throw this.createMissingKeyError(requirements[missing], context);
  }

  async #tellDenied(request: ByokRequest, { providers, label }: KeyRequirement): Promise<void> {
    const { owner, source } = await this.callers.scopeOf(request);
    for (const provider of providers) this.events.emit({ type: 'denied', owner, source, provider, label }, request);
  }
}
