import type { KeyOwner } from '../interfaces/index.js';
import type { FoundKey, KeyQuery, KeyScope, KeyStorage } from '../storage/index.js';
import { PLATFORM_SOURCE } from '../validation/index.js';
import type { KeyContent } from './key-sealer.js';
import type { PlatformKeySource } from './platform-keys.js';
import type { SourcesOfCall } from './sources-of-call.js';

/** Keys of which one is needed, the first there is. @internal */
export interface KeyWish {
  readonly queries: readonly KeyQuery[];
  /** Whose, in this order. */
  readonly sources: readonly string[];
}

/** A key that is there, not yet opened: a record, or one of the application's own. @internal */
export type ChosenKey = { readonly query: KeyQuery } & (
  { readonly scope: KeyScope; readonly found: FoundKey } | { readonly content: KeyContent }
);

/** An owner that was asked for keys. @internal */
export interface Consulted {
  readonly source: string;
  /** `undefined`: the call has no such owner. */
  readonly owner: KeyOwner | undefined;
}

/** What a search found. @internal */
export interface KeySearch {
  /** For each wish the key that serves it, `null` if there is none. */
  readonly chosen: readonly (ChosenKey | null)[];
  /** Where the caller's own keys are, if they were asked for. */
  readonly user: KeyScope | undefined;
  /** In the order of asking, without the application itself. */
  readonly consulted: readonly Consulted[];
}

/** What a source has for each query. */
interface Answer {
  scope: KeyScope | null;
  keys: readonly (ChosenKey | null)[];
}

/**
 * Goes through the sources of each wish in order, up to the first that has a key. Owners that are known without waiting are
 * asked together, so that all of them travel in one statement.
 *
 * @internal
 */
export class SourceSearch {
  readonly #answers = new Map<string, Answer>();
  readonly #queries: readonly KeyQuery[];

  constructor(
    private readonly wishes: readonly KeyWish[],
    private readonly sources: SourcesOfCall,
    private readonly storage: KeyStorage,
    private readonly platform: PlatformKeySource,
    private readonly isAbandoned: () => boolean,
  ) {
    this.#queries = distinctQueries(wishes.flatMap(({ queries }) => queries));
  }

  /** @throws StorageError, UserRequiredError or InvalidInputError if it is not known whether a source has a key */
  async run(): Promise<KeySearch> {
    for (;;) {
      const next = new Map<string, KeyScope>();
      for (const wish of this.wishes) await this.#collect(wish, next);
      if (next.size === 0) break;
      await this.#read(next);
    }
    const consulted = new Map<string, Consulted>();
    for (const wish of this.wishes) {
      for (const source of this.#asked(wish)) {
        if (source !== PLATFORM_SOURCE) {
          consulted.set(source, { source, owner: this.#answers.get(source)!.scope?.owner });
        }
      }
    }
    return {
      chosen: this.wishes.map((wish) => this.#choose(wish)),
      user: this.#answers.get('user')?.scope ?? undefined,
      consulted: [...consulted.values()],
    };
  }

  /** Adds the owners that must be asked next for a wish. */
  async #collect(wish: KeyWish, next: Map<string, KeyScope>): Promise<void> {
    let isFirst = true;
    for (const source of wish.sources) {
      if (this.#answers.has(source)) {
        if (this.#keyOf(wish, source)) return;
        continue;
      }
      if (source === PLATFORM_SOURCE) {
        if (!isFirst) return;
        await this.#askPlatform();
        if (this.#keyOf(wish, source)) return;
        continue;
      }
      let scope = this.sources.peek(source);
      if (scope === undefined) {
        if (!isFirst) return;
        scope = await this.sources.get(source);
      }
      if (scope === null) {
        this.#answers.set(source, { scope, keys: [] });
        continue;
      }
      next.set(source, scope);
      isFirst = false;
    }
  }

  async #read(next: ReadonlyMap<string, KeyScope>): Promise<void> {
    const scopes = [...next.values()];
    const found = await this.#readAll(scopes);
    for (const [i, source] of [...next.keys()].entries()) {
      const scope = scopes[i];
      const keys = found[i].map((key, n) => key && { query: this.#queries[n], scope, found: key });
      this.#answers.set(source, { scope, keys });
    }
  }

  #readAll(scopes: readonly KeyScope[]): Promise<(FoundKey | null)[][]> {
    if (scopes.length > 1 && this.storage.readAcross) {
      return this.storage.readAcross(scopes, this.#queries, this.isAbandoned);
    }
    return Promise.all(scopes.map((scope) => this.storage.read(scope, this.#queries, this.isAbandoned)));
  }

  async #askPlatform(): Promise<void> {
    const contents = await Promise.all(
      this.#queries.map(async (query) => {
        const content = await this.platform.find(query.provider, query.label);
        return content ? { query, content } : null;
      }),
    );
    this.#answers.set(PLATFORM_SOURCE, { scope: null, keys: contents });
  }

  #choose(wish: KeyWish): ChosenKey | null {
    for (const source of wish.sources) {
      const key = this.#keyOf(wish, source);
      if (key) return key;
    }
    return null;
  }

  /** The sources of a wish up to the one that serves it. */
  #asked(wish: KeyWish): readonly string[] {
    const serving = wish.sources.findIndex((source) => this.#keyOf(wish, source) !== null);
    return serving === -1 ? wish.sources : wish.sources.slice(0, serving + 1);
  }

  /** What a source that was asked has for a wish. */
  #keyOf({ queries }: KeyWish, source: string): ChosenKey | null {
    const keys = this.#answers.get(source)?.keys ?? [];
    return firstOf(queries, this.#queries, keys);
  }
}

/** The first of the queries that has a key, of those that were asked for. @internal */
export function firstOf<T>(
  queries: readonly KeyQuery[],
  asked: readonly KeyQuery[],
  keys: readonly (T | null)[],
): T | null {
  for (const query of queries) {
    const key = keys[indexIn(asked, query)];
    if (key) return key;
  }
  return null;
}

/** @internal */
export function distinctQueries(queries: readonly KeyQuery[]): KeyQuery[] {
  return queries.filter((query, i) => indexIn(queries, query) === i);
}

function indexIn(queries: readonly KeyQuery[], { provider, label }: KeyQuery): number {
  return queries.findIndex((query) => query.provider === provider && query.label === label);
}
