import type { ArgumentsHost, Type } from '@nestjs/common';
import { ConfigurationError } from '../errors/index.js';
import { RequestState } from '../identity/index.js';
import type { ByokRequest, KeyHolder } from '../interfaces/index.js';
import type { ResolvedApiKey } from '../keys/index.js';
import { USER_SOURCE } from '../validation/index.js';
import type { ApiKeyResolution, ApiKeyResolver } from './api-key-resolver.js';
import { GUARD_ORDER } from './guard-order.js';
import type { KeyRequirement } from './key-requirement.js';

/** A method, and the class that Nest calls it on. @internal */
export interface HandlerOf {
  readonly controller: Type;
  /** `undefined`: any method of the class. */
  readonly handler: object | undefined;
}

/** What may be replaced on a request while its handler waits. A `{ userId }` has neither. */
type SignIn = Pick<ByokRequest, 'user' | 'session'>;

/** What was found for one call of a handler, and for whom. Private, so that a printed request does not show it. @internal */
export class FoundKeys {
  readonly #resolution: ApiKeyResolution;
  readonly #request: KeyHolder & SignIn;
  readonly #resolver: ApiKeyResolver;
  #user: unknown;
  #session: unknown;

  constructor(
    readonly requirements: readonly KeyRequirement[],
    readonly handler: HandlerOf,
    resolution: ApiKeyResolution,
    request: KeyHolder,
    resolver: ApiKeyResolver,
  ) {
    this.#resolution = resolution;
    this.#request = request;
    this.#resolver = resolver;
    this.#user = this.#request.user;
    this.#session = this.#request.session;
  }

  /** In the order of the requirements. */
  get keys(): readonly ResolvedApiKey[] {
    return this.#resolution.keys;
  }

  /** Whether neither the user nor the session was replaced since, which costs nothing to see. */
  get isUntouched(): boolean {
    return this.#request.user === this.#user && this.#request.session === this.#session;
  }

  /** Whether the caller is still the one whose keys these are. */
  async isForCaller(): Promise<boolean> {
    if (this.isUntouched) return true;
    const { user, session } = this.#request;
    const { owner, consulted = [{ source: USER_SOURCE, owner }] } = this.#resolution;
    if (!(await this.#resolver.isUnchanged(consulted, this.#request))) return false;
    this.#user = user;
    this.#session = session;
    return true;
  }
}

/**
 * What was found for the requirements of each handler: in GraphQL one request runs several. What is printed, serialised
 * or cloned of it shows nothing, see {@link ResolvedApiKey}.
 */
const resolved = new RequestState<FoundKeys[]>('byok.resolved');

/** Keeps what the guard found. @internal */
export function rememberFound(request: object, found: FoundKeys): void {
  const others = resolved.get(request)?.filter(({ requirements }) => requirements !== found.requirements) ?? [];
  resolved.set(request, [...others, found]);
}

/** @internal */
export function foundKeysOf(
  request: object | undefined,
  requirements: readonly KeyRequirement[],
): FoundKeys | undefined {
  return request && resolved.get(request)?.find((each) => each.requirements === requirements);
}

/** What the guard found for the call, if it ran for this requirement. @internal */
export function foundKeysFor(host: ArgumentsHost, requirement: KeyRequirement): FoundKeys | undefined {
  const call = callOf(host);
  return call && resolved.get(call)?.findLast(({ requirements }) => requirements.includes(requirement));
}

/** What is being found for a request, by the requirements: a query of GraphQL has many fields of one handler. */
const pending = new RequestState<Map<readonly KeyRequirement[], Promise<FoundKeys>>>('byok.pending');

/** What `find` finds for the requirements, once a request and user. @internal */
export async function findOnce(
  request: object,
  requirements: readonly KeyRequirement[],
  find: () => Promise<FoundKeys>,
): Promise<FoundKeys> {
  const found = pending.get(request) ?? new Map<readonly KeyRequirement[], Promise<FoundKeys>>();
  pending.set(request, found);
  const known = found.get(requirements);
  if (known) {
    const keys = await known;
    if (await keys.isForCaller()) return keys;
  }
  const finding = find();
  found.set(requirements, finding);
  // A mutation may store the key that the one before it needed.
  finding.catch(() => found.delete(requirements));
  return finding;
}

/**
 * The keys, unless somebody else has signed in since: their handler must not run with another's keys.
 *
 * @throws ConfigurationError
 * @internal
 */
export async function requireSameCaller(found: FoundKeys, handler: string): Promise<void> {
  if (await found.isForCaller()) return;
  throw new ConfigurationError(
    `${handler}: the user of the request changed after ApiKeyGuard had resolved the keys. ${GUARD_ORDER}`,
  );
}

/**
 * What stands for the call of a handler: the request, or what comes with each message or field where one request lives
 * for many. Of a websocket it is the message, if that is an object: the first argument is the connection.
 *
 * @internal
 */
export function callOf(context: ArgumentsHost): object | undefined {
  const args: unknown[] = context.getArgs();
  switch (context.getType<string>()) {
    case 'http':
      return args[0] as object;
    case 'ws':
      return args.slice(1).findLast(isObject);
    default:
      return args.findLast(isObject);
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
