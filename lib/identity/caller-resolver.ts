import { HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokError, InvalidInputError, UserRequiredError } from '../errors/index.js';
import type { ByokRequest, KeyHolder, ResolvedByokOptions } from '../interfaces/index.js';
import { type KeyCaller, type KeyScope, KeyStorage, sessionOf } from '../storage/index.js';
import { RequestState } from './request-state.js';
import { warnOfSessions } from './session-warnings.js';
import { normaliseUserId } from './user-id.js';

export type { KeyScope };

/**
 * Tells whose keys a call is about. An owner comes from `resolveUser`, from the session or from `{ userId }` in the
 * application's own code, and from nothing else.
 *
 * @internal
 */
@Injectable()
export class CallerResolver {
  readonly #logger = new Logger('ByokModule');
  /** Where requests used keys, for the clean-up after them. */
  readonly #used = new RequestState<KeyScope>('byok.place');
  /** Whether a session was looked at. */
  #knowsSessions = false;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
  ) {}

  /** Synchronous where `resolveUser` is, which spares the hot path a turn. */
  scopeOf(holder: KeyHolder): KeyScope | Promise<KeyScope> {
    const caller = this.caller(holder);
    if (caller instanceof Promise) return caller.then((found) => this.#scopeOf(holder, found));
    return this.#scopeOf(holder, caller);
  }

  caller(holder: KeyHolder): KeyCaller | Promise<KeyCaller> {
    if (typeof holder !== 'object' || holder === null) throw wrongHolder();
    if (!isRequest(holder)) {
      const userId = normaliseUserId(holder.userId);
      if (userId === undefined) throw wrongHolder();
      return { userId, session: undefined };
    }
    const session = sessionOf(holder);
    if (session && !this.#knowsSessions) {
      this.#knowsSessions = true;
      warnOfSessions(holder, this.options);
    }
    let user: unknown;
    try {
      user = this.options.resolveUser(holder);
      if (!isThenable(user)) return { userId: normaliseUserId(user), session };
    } catch (error) {
      throw this.#unknownUser(error);
    }
    return Promise.resolve(user).then(
      (id) => ({ userId: normaliseUserId(id), session }),
      (error: unknown) => {
        throw this.#unknownUser(error);
      },
    );
  }

  /** Where the request's caller used keys, if they did. */
  usedBy(request: object): KeyScope | undefined {
    return this.#used.get(request);
  }

  /** An application's own answer stays as it is. Nobody is taken for a visitor because it could not be determined who they are. */
  #unknownUser(error: unknown): Error {
    if (error instanceof HttpException || error instanceof ByokError) return error;
    // Not its message, which may quote a token.
    this.#logger.error(`resolveUser failed: ${error instanceof Error ? error.name : typeof error}`);
    return new UserRequiredError('Sign in first: the user of this request could not be determined.');
  }

  #scopeOf(holder: KeyHolder, caller: KeyCaller): KeyScope {
    const place = this.storage.scopeOf(caller);
    if (isRequest(holder)) this.#used.set(holder, place);
    return place;
  }
}

/** A promise of another library or realm is not an instance of ours. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** An authentication may well put a `userId` on requests; only requests have headers. */
function isRequest(holder: KeyHolder): holder is ByokRequest {
  return 'headers' in holder;
}

function wrongHolder(): InvalidInputError {
  return new InvalidInputError('The holder must be the request, or { userId } where there is none.');
}
