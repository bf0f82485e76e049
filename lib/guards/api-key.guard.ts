import { Injectable, Optional, type CanActivate, type ExecutionContext, type OnModuleInit } from '@nestjs/common';
import { type ByokError, ConfigurationError, KeyRequiredError, UserRequiredError } from '../errors/index.js';
import { requireModule } from '../http/index.js';
import type { ByokRequest, KeyHolder } from '../interfaces/index.js';
import { ApiKeyResolver } from './api-key-resolver.js';
import { explainUserRequired, warnOfUnreadToken } from './guard-order.js';
import { isBriefRequest } from './holder-of-call.js';
import { isNamedByCall, type KeyRequirement, requirementsOf } from './key-requirement.js';
import { callOf, findOnce, FoundKeys, foundKeysOf, rememberFound } from './request-keys.js';

/**
 * Lets a request through when its caller has the keys that `@RequireApiKey()` and `@RequireAnyApiKey()` ask for, on the
 * handler and on its class. They are looked up and decrypted once a request; `@ApiKey()` hands out what was found.
 *
 * Extend it to change where the request comes from or what is thrown, and put the subclass on routes or make it the
 * application's `APP_GUARD`: a request whose keys are resolved already passes the other guards at once.
 *
 * In a microservice or behind a websocket, the option `resolveHolder` says whose keys are meant; in GraphQL it is the request
 * that the server put into the context. A subclass can also give a request by `getRequest`, if it runs before the guard of
 * the decorator: a new object for each operation, else a user who changes or a key that is deleted meanwhile is not noticed.
 * Messages of a websocket must be objects.
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
export class ApiKeyGuard implements CanActivate, OnModuleInit {
  // Optional, so that a unit test of a controller compiles without the module.
  constructor(@Optional() protected readonly resolver: ApiKeyResolver) {}

  /** Called by Nest. @throws ConfigurationError if the module of the handler does not see `ByokModule` */
  onModuleInit(): void {
    requireModule(this.resolver, this);
  }

  /**
   * Resolves the keys that the handler and its class need.
   *
   * @throws KeyRequiredError if one is missing
   * @throws UserRequiredError if nobody is signed in and visitors have no keys
   * @throws EncryptionError if one cannot be decrypted
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirements = requirementsOf(context.getClass(), context.getHandler());
    if (requirements.length === 0) return true;
    requireModule(this.resolver, this);
    // Outside of HTTP, the guard on the method knows no request; one before it that does has done it all.
    const call = context.getType() === 'http' ? undefined : callOf(context);
    if (foundKeysOf(call, requirements)) return true;
    if (context.getType() !== 'http' && this.getRequest === ApiKeyGuard.prototype.getRequest) {
      await this.#resolveElsewhere(call, requirements, context);
      return true;
    }
    const request = this.getRequest(context);
    // On the class and on the method: the first of the two has done it all, unless somebody signed in between.
    let found = call && isNamedByCall(requirements) ? undefined : foundKeysOf(request, requirements);
    if (!found || !(await found.isForCaller())) {
      found = await this.#resolve(request, requirements, context);
      rememberFound(request, found);
    }
    if (call && call !== request) rememberFound(call, found);
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
        `${handler} is called by '${context.getType()}', where ApiKeyGuard.getRequest() knows no request. Return one without calling super, or set the option resolveHolder.`,
      );
    }
    return context.switchToHttp().getRequest<ByokRequest>();
  }

  /** Kept with the call alone: who is at the other end may live on, and change. */
  async #resolveElsewhere(
    call: object | undefined,
    requirements: readonly KeyRequirement[],
    context: ExecutionContext,
  ): Promise<void> {
    const holder = await this.resolver.holderOf(context);
    if (!call) {
      const handler = `${context.getClass().name}.${context.getHandler().name}()`;
      throw new ConfigurationError(`${handler} needs messages that are objects: keys are kept beside them.`);
    }
    const find = () => this.#resolve(holder, requirements, context);
    const isShared = isBriefRequest(holder, context) && !isNamedByCall(requirements);
    rememberFound(call, await (isShared ? findOnce(holder, requirements, find) : find()));
  }

  /** The error for a key that is not there. */
  protected createMissingKeyError(
    { providers, label, from }: KeyRequirement,
    _context: ExecutionContext,
  ): ByokError | Error {
    return new KeyRequiredError(providers, label, from);
  }

  async #resolve(
    request: KeyHolder,
    requirements: readonly KeyRequirement[],
    context: ExecutionContext,
  ): Promise<FoundKeys> {
    const response =
      context.getType() === 'http' ? context.switchToHttp().getResponse<object | undefined>() : undefined;
    const named = isNamedByCall(requirements)
      ? await this.resolver.named(request, requirements, context)
      : requirements;
    const resolution = await this.resolver.resolve(request, named, response).catch((error: unknown) => {
      throw error instanceof UserRequiredError ? explainUserRequired(error, context, ApiKeyGuard) : error;
    });
    if (!resolution.missing) {
      const handler = { controller: context.getClass(), handler: context.getHandler() };
      return new FoundKeys(requirements, handler, resolution, request, this.resolver);
    }
    if ('headers' in request) warnOfUnreadToken(request, context, ApiKeyGuard);
    throw this.createMissingKeyError(resolution.missing, context);
  }
}
