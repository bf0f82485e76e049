import { HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokError, InvalidInputError, UserRequiredError } from '../errors/index.js';
import type { ByokRequest, KeyHolder, KeyOwner, OwnerHolder, ResolvedByokOptions } from '../interfaces/index.js';
import { type KeyCaller, type KeyScope, KeyStorage, sessionOf } from '../storage/index.js';
import { defaultUserOf, UnusableUser } from './default-user.js';
import { nobodyError } from './nobody-error.js';
import { OnceLogger } from './once-logger.js';
import { RequestState } from './request-state.js';
import { USER_SOURCE } from '../validation/index.js';
import { warnOfSessions } from './session-warnings.js';
import { SignInAnswers } from './sign-in-answers.js';
import { describeValue, userIdText, whyNotAnId } from './user-id.js';

export type { KeyScope };

/**
 * Decides whose keys a call is about. An owner comes from `resolveUser`, from the session or from `{ userId }` in the
 * application's own code, and from nothing else.
 *
 * @internal
 */
@Injectable()
export class CallerResolver {
  readonly #logger = new Logger('ByokModule');
  readonly #onceLogger = new OnceLogger('ByokModule');
  readonly #answers = new SignInAnswers();
  /** Where requests used keys, for the clean-up after them. */
  readonly #scopes = new RequestState<KeyScope>('byok.scope');
  #knowsSessions = false;
  /** The property that the first user was identified by. */
  #property: string | undefined;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
  ) {}

  /**
   * Whose keys, and where they are. Synchronous if `resolveUser` is, which spares the hot path a turn.
   *
   * @throws UserRequiredError if it cannot be determined who the caller is, or visitors have no keys here
   */
  scopeOf(holder: KeyHolder): KeyScope | Promise<KeyScope> {
    if (isOwnerHolder(holder)) return this.#scopeOfOwner(holder);
    const caller = this.caller(holder);
    if (caller instanceof Promise) return caller.then((found) => this.#scopeOf(holder, found));
    return this.#scopeOf(holder, caller);
  }

  /**
   * Who is asking.
   *
   * @throws UserRequiredError if that cannot be determined
   */
  caller(holder: KeyHolder): KeyCaller | Promise<KeyCaller> {
    if (typeof holder !== 'object' || holder === null) throw wrongHolder();
    if (!isRequest(holder)) {
      if (isOwnerHolder(holder)) return { userId: this.#idOfOwner(holder), session: undefined };
      if (holder.userId === undefined || holder.userId === null) throw wrongHolder();
      const userId = userIdText(holder.userId);
      if (userId === undefined)
        throw new UserRequiredError(`userId is ${whyNotAnId(holder.userId)}, not the id of a user.`);
      return { userId, session: undefined };
    }
    const userId = this.options.resolveUser
      ? this.#answers.get(holder, () => this.#ask(holder))
      : this.#defaultUser(holder);
    if (userId instanceof Promise) return userId.then((id) => ({ userId: id, session: this.#sessionOf(holder) }));
    return { userId, session: this.#sessionOf(holder) };
  }

  /** The signed-in user who makes the call, for events; `undefined` also if that cannot be determined. Never rejects. */
  async actorOf(holder: KeyHolder): Promise<KeyOwner | undefined> {
    if (!isRequest(holder)) return isOwnerHolder(holder) ? holder.actor : undefined;
    try {
      const { userId } = await this.caller(holder);
      return userId === undefined ? undefined : { kind: USER_SOURCE, id: userId };
    } catch {
      return undefined;
    }
  }

  /**
   * From now on, `resolveUser` is asked once for this request, until {@link CallerResolver.forget}: no code of the
   * application signs anybody in.
   */
  hold(request: ByokRequest): void {
    if (this.options.resolveUser) this.#answers.hold(request);
  }

  /** The same, with what is known already. */
  holdScope(request: ByokRequest, { owner }: KeyScope): void {
    if (!this.options.resolveUser) return;
    this.#answers.holdAnswer(request, owner.kind === 'user' ? owner.id : undefined);
  }

  /** Code of the application has run, which may have signed somebody in or out. */
  forget(request: ByokRequest): void {
    this.#answers.forget(request);
  }

  /** Where the request's caller used keys, if they did. */
  lastScopeOf(request: object): KeyScope | undefined {
    return this.#scopes.get(request);
  }

  #scopeOfOwner(holder: OwnerHolder): KeyScope {
    const id = this.#idOfOwner(holder);
    const { kind } = holder.owner;
    if (kind === USER_SOURCE) return this.storage.scopeOf({ userId: id, session: undefined });
    if (!this.options.sharedOwners.has(kind)) {
      const known = [USER_SOURCE, ...this.options.sharedOwners.keys()].join(', ');
      throw new InvalidInputError(
        `The kind of an owner must be one of: ${known}. Add others to the option sharedOwners.`,
      );
    }
    return { source: 'database', owner: { kind, id }, actor: holder.actor };
  }

  #idOfOwner({ owner }: OwnerHolder): string {
    if (typeof owner !== 'object' || owner === null || typeof owner.kind !== 'string') throw wrongHolder();
    const id = userIdText(owner.id);
    if (id !== undefined) return id;
    throw new InvalidInputError(`owner.id is ${whyNotAnId(owner.id)}, not the id of an owner.`);
  }

  #scopeOf(holder: KeyHolder, caller: KeyCaller): KeyScope {
    if (!isRequest(holder)) return this.storage.scopeOf(caller);
    if (!caller.session && this.options.storage === 'session') {
      this.#onceLogger.error(
        'A request has no session, and keys are kept in sessions. Register express-session or @fastify/session before the routes, or set the option db.',
      );
    }
    if (caller.userId === undefined && !caller.session) throw nobodyError(holder, this.options);
    const scope = this.storage.scopeOf(caller);
    this.#scopes.set(holder, scope);
    return scope;
  }

  #sessionOf(request: ByokRequest): KeyCaller['session'] {
    const session = sessionOf(request);
    if (session && !this.#knowsSessions) {
      this.#knowsSessions = true;
      warnOfSessions(request, this.options);
    }
    return session;
  }

  #defaultUser(request: ByokRequest): string | undefined {
    let found: ReturnType<typeof defaultUserOf>;
    try {
      found = defaultUserOf(request);
    } catch (error) {
      if (error instanceof UnusableUser) throw this.#unusable(error.message);
      const name = error instanceof Error ? error.name : typeof error;
      throw this.#unusable(`reading request.user failed: ${name}`);
    }
    if (found && found.property !== this.#property) this.#noteProperty(found.property);
    return found?.userId;
  }

  #ask(request: ByokRequest): string | undefined | Promise<string | undefined> {
    let answer: unknown;
    try {
      answer = this.options.resolveUser!(request);
      if (!isThenable(answer)) return this.#check(request, answer);
    } catch (error) {
      throw this.#failed(error);
    }
    return Promise.resolve(answer).then(
      (id) => this.#check(request, id),
      (error: unknown) => {
        throw this.#failed(error);
      },
    );
  }

  #check(request: ByokRequest, id: unknown): string | undefined {
    if (id !== undefined && id !== null) {
      const userId = userIdText(id);
      if (userId === undefined) throw this.#unusable(`resolveUser returned ${whyNotAnId(id)}, not the id of a user.`);
      return userId;
    }
    const { user } = request;
    if (typeof user === 'object' && user !== null) {
      this.#onceLogger.warn(
        `A request with a user counts as an anonymous visitor's: resolveUser returned ${String(id)}, and request.user is ${describeValue(user)}. Such callers' keys are kept in the session.`,
      );
    }
    return undefined;
  }

  #unusable(line: string): UserRequiredError {
    this.#onceLogger.error(`Cannot identify the user of a request: ${line}`);
    return new UserRequiredError(UNKNOWN_USER, true);
  }

  /** The application's own errors stay as they are. No caller counts as a visitor because it is not known who they are. */
  #failed(error: unknown): Error {
    if (error instanceof HttpException || error instanceof ByokError) return error;
    // Not its message, which may quote a token.
    this.#logger.error(`resolveUser failed: ${error instanceof Error ? error.name : typeof error}`);
    return new UserRequiredError(UNKNOWN_USER, true);
  }

  #noteProperty(property: string): void {
    if (this.#property !== undefined) {
      this.#onceLogger.warn(
        `Users are identified by different properties: request.user.${this.#property} and, on other requests, request.user.${property}. The same value is the same owner: if it may be two users, set the option resolveUser.`,
      );
    }
    this.#property ??= property;
  }
}

const UNKNOWN_USER = 'Sign in first: the user of this request could not be determined.';

/** A promise of another library or realm is not an instance of ours. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** An authentication may well put a `userId` on requests; only requests have headers. */
function isRequest(holder: KeyHolder): holder is ByokRequest {
  return 'headers' in holder;
}

/** Its own `owner`: what every object inherits, because somebody polluted `Object.prototype`, names nobody. */
function isOwnerHolder(holder: KeyHolder): holder is OwnerHolder {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, 'owner') && !isRequest(holder);
}

function wrongHolder(): InvalidInputError {
  return new InvalidInputError(
    'The holder must be the request, or { userId } or { owner: { kind, id } } if there is no request.',
  );
}
