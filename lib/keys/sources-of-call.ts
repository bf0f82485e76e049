import { InvalidInputError } from '../errors/index.js';
import type { CallerResolver, SharedOwners } from '../identity/index.js';
import type { ByokRequest, KeyHolder } from '../interfaces/index.js';
import type { KeyScope } from '../storage/index.js';
import { areSources, PLATFORM_SOURCE, USER_SOURCE } from '../validation/index.js';

/** Where the keys of a source are; `null` if the call has no such owner. @internal */
export type SourceScope = KeyScope | null;

/**
 * The sources that a call goes through if it names none. For an owner, those that come after the owner's kind.
 *
 * @internal
 */
export function sourcesFor(holder: KeyHolder, keySources: readonly string[]): readonly string[] {
  const kind = ownKindOf(holder);
  const at = keySources.indexOf(kind);
  if (kind === USER_SOURCE && at >= 0) return keySources;
  return at >= 0 ? keySources.slice(at) : isRequest(holder) ? keySources : [kind];
}

/**
 * Whose keys one call may use: each source is asked at most once, and an answer that takes time or fails matters only when it
 * is needed.
 *
 * @internal
 */
export class SourcesOfCall {
  readonly #answers = new Map<string, SourceScope | Promise<SourceScope>>();

  constructor(
    private readonly callers: CallerResolver,
    private readonly shared: SharedOwners,
    private readonly holder: KeyHolder,
  ) {}

  /** `undefined`: not known without waiting. Never throws. */
  peek(source: string): SourceScope | undefined {
    const answer = this.#answers.get(source) ?? (this.shared.isSlow(source) ? undefined : this.#ask(source));
    return answer instanceof Promise ? undefined : answer;
  }

  /** @throws UserRequiredError, StorageError or InvalidInputError */
  get(source: string): SourceScope | Promise<SourceScope> {
    return this.#answers.get(source) ?? this.#ask(source);
  }

  #ask(source: string): SourceScope | Promise<SourceScope> {
    let answer: SourceScope | Promise<SourceScope>;
    try {
      answer = source === USER_SOURCE ? this.#askUser() : this.#askShared(source);
    } catch (error) {
      answer = rejected(error);
    }
    if (answer instanceof Promise) {
      answer = answer.then((scope) => {
        this.#answers.set(source, scope);
        return scope;
      });
      // If another source has a key, nobody waits for this one.
      answer.catch(() => {});
    }
    this.#answers.set(source, answer);
    return answer;
  }

  #askUser(): SourceScope | Promise<SourceScope> {
    if (ownKindOf(this.holder) === USER_SOURCE) return this.callers.scopeOf(this.holder);
    throw new InvalidInputError(
      "The holder is an owner that is not a user. Leave 'user' out of from, or pass the request or { userId }.",
    );
  }

  #askShared(kind: string): SourceScope | Promise<SourceScope> {
    const { holder, shared } = this;
    if (ownKindOf(holder) === kind) return this.callers.scopeOf(holder);
    if (!isRequest(holder)) {
      throw new InvalidInputError(
        `Without a request it is not known which ${kind} is meant. Pass { owner: { kind: '${kind}', id } } as the holder, or leave '${kind}' out of from.`,
      );
    }
    const id = shared.idOf(kind, holder);
    return id instanceof Promise ? id.then((found) => toScope(kind, found)) : toScope(kind, id);
  }
}

async function rejected(error: unknown): Promise<never> {
  throw error;
}

/** @throws InvalidInputError for a source that the module does not have @internal */
export function checkSources(sources: unknown, shared: SharedOwners): readonly string[] {
  const known = [USER_SOURCE, ...shared.kinds, PLATFORM_SOURCE];
  if (areSources(sources) && sources.every((source) => known.includes(source))) return sources;
  throw new InvalidInputError(`from must be an array of different ones of: ${known.join(', ')}.`);
}

function toScope(kind: string, id: string | undefined): SourceScope {
  return id === undefined ? null : { source: 'database', owner: { kind, id } };
}

/** The kind of owner that a holder is. One that is malformed is refused when its keys are asked for. */
function ownKindOf(holder: KeyHolder): string {
  if (!Object.hasOwn(holder, 'owner') || isRequest(holder)) return USER_SOURCE;
  return (holder as { owner?: { kind?: string } | null }).owner?.kind ?? USER_SOURCE;
}

function isRequest(holder: KeyHolder): holder is ByokRequest {
  return 'headers' in holder;
}
