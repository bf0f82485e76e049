import { Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { resolveChannel, type ResolveMessage, traced } from '../diagnostics/index.js';
import { InvalidInputError } from '../errors/index.js';
import { CallerResolver, SharedOwners } from '../identity/index.js';
import type { FindKeyOptions, KeyHolder, ResolvedByokOptions } from '../interfaces/index.js';
import { type KeyQuery, type KeyScope, KeyStorage } from '../storage/index.js';
import { USER_SOURCE } from '../validation/index.js';
import { checkLabel, checkProvider } from './key-input.js';
import { KeySealer } from './key-sealer.js';
import { PlatformKeySource } from './platform-keys.js';
import type { ResolvedApiKey } from './resolved-api-key.js';
import { SessionReencryption } from './session-reencryption.js';
import {
  type ChosenKey,
  type Consulted,
  distinctQueries,
  firstOf,
  type KeySearch,
  SourceSearch,
} from './source-search.js';
import { checkSources, SourcesOfCall, sourcesFor } from './sources-of-call.js';
import { StoredKeyChecks } from './stored-key-checks.js';

/** Keys of which one is needed, the first there is. @internal */
export interface WantedKeys {
  readonly queries: readonly KeyQuery[];
  /** Whose, in this order; `undefined`: by the option `keySources`. */
  readonly from?: readonly string[] | undefined;
}

/** What was found. @internal */
export interface Resolution extends Omit<KeySearch, 'chosen'> {
  /** In the order of what was asked for. */
  keys: ResolvedApiKey[];
  /** Index of the first thing asked for that is not there, −1 if everything is; then nothing was decrypted. */
  missing: number;
}

/**
 * Finds keys and opens them: the path of every guarded request.
 *
 * @internal
 */
@Injectable()
export class KeyResolver {
  /** Whether only the caller's own keys are used if nothing else is asked for. */
  readonly #isOwnOnly: boolean;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly shared: SharedOwners,
    private readonly sealer: KeySealer,
    private readonly platform: PlatformKeySource,
    private readonly renewal: SessionReencryption,
    private readonly keyChecks: StoredKeyChecks,
    private readonly events: KeyEvents,
  ) {
    const { keySources } = options;
    this.#isOwnOnly = keySources.length === 1 && keySources[0] === USER_SOURCE;
  }

  /**
   * The first key there is of these providers, `null` if there is none.
   *
   * @throws InvalidInputError @throws EncryptionError if it cannot be decrypted
   */
  async first(
    holder: KeyHolder,
    provider: string | readonly string[],
    options: FindKeyOptions,
  ): Promise<ResolvedApiKey | null> {
    return (await this.resolve(holder, [this.#wanted(provider, options)])).keys[0] ?? null;
  }

  /** Whether there is such a key. */
  async has(holder: KeyHolder, provider: string, options: FindKeyOptions): Promise<boolean> {
    return (await this.find(holder, [this.#wanted(provider, options)])).chosen[0] !== null;
  }

  #wanted(given: string | readonly string[], { label, from }: FindKeyOptions): WantedKeys {
    const checkedLabel = checkLabel(label);
    const providers = Array.isArray(given) ? (given as readonly string[]) : [given as string];
    if (providers.length === 0) throw new InvalidInputError('Name at least one provider.');
    const queries = providers.map((name) => ({ provider: checkProvider(name, this.options), label: checkedLabel }));
    return { queries, from };
  }

  /**
   * For each thing that is wanted the first key there is: one look-up for all of them, and one decryption of a key however
   * often it is asked for.
   *
   * @throws EncryptionError if one cannot be decrypted
   */
  resolve(holder: KeyHolder, wanted: readonly WantedKeys[]): Promise<Resolution> {
    if (!resolveChannel.hasSubscribers) return this.#resolve(holder, wanted);
    const providers = wanted.flatMap(({ queries }) => queries.map(({ provider }) => provider));
    const message: ResolveMessage = { providers };
    const describe = ({ missing }: Resolution) => (missing === -1 ? 'found' : 'missing');
    return traced(resolveChannel, message, () => this.#resolve(holder, wanted, message), describe);
  }

  /** Finds the keys without opening them. @throws StorageError, UserRequiredError or InvalidInputError */
  find(holder: KeyHolder, wanted: readonly WantedKeys[]): Promise<KeySearch> {
    const isOwn = this.#isOwnOnly && wanted.every(({ from }) => from === undefined);
    return isOwn ? this.#findOwn(holder, wanted) : this.#search(holder, wanted);
  }

  /** Whether the caller's owners are still those that were found. */
  async isUnchanged(consulted: readonly Consulted[], request: KeyHolder): Promise<boolean> {
    const sources = new SourcesOfCall(this.callers, this.shared, request);
    for (const { source, owner } of consulted) {
      const scope = await sources.get(source);
      if (scope?.owner.kind !== owner?.kind || scope?.owner.id !== owner?.id) return false;
    }
    return true;
  }

  async #resolve(holder: KeyHolder, wanted: readonly WantedKeys[], message?: ResolveMessage): Promise<Resolution> {
    const { chosen, ...found } = await this.find(holder, wanted);
    if (message && found.user) message.source = found.user.source;
    const missing = chosen.indexOf(null);
    if (missing !== -1) return { ...found, keys: [], missing };
    const keys: ResolvedApiKey[] = [];
    for (const [i, key] of (chosen as ChosenKey[]).entries()) {
      const same = chosen.indexOf(key);
      keys.push(same < i ? keys[same] : await this.#open(key, holder));
    }
    return { ...found, keys, missing };
  }

  /** The hot path: one owner, one look-up. */
  async #findOwn(holder: KeyHolder, wanted: readonly WantedKeys[]): Promise<KeySearch> {
    const scoped = this.callers.scopeOf(holder);
    const scope = scoped instanceof Promise ? await scoped : scoped;
    const queries = wanted.length === 1 ? wanted[0].queries : distinctQueries(wanted.flatMap((each) => each.queries));
    const found = await this.storage.read(scope, queries, () => isGone(holder));
    const keys = found.map((key, i) => key && { query: queries[i], scope, found: key });
    return {
      chosen: wanted.map((each) => firstOf(each.queries, queries, keys)),
      user: scope,
      consulted: [{ source: USER_SOURCE, owner: scope.owner }],
    };
  }

  #search(holder: KeyHolder, wanted: readonly WantedKeys[]): Promise<KeySearch> {
    const wishes = wanted.map(({ queries, from }) => ({
      queries,
      sources: from ? checkSources(from, this.shared) : sourcesFor(holder, this.options.keySources),
    }));
    const sources = new SourcesOfCall(this.callers, this.shared, holder);
    return new SourceSearch(wishes, sources, this.storage, this.platform, () => isGone(holder)).run();
  }

  async #open(key: ChosenKey, holder: KeyHolder): Promise<ResolvedApiKey> {
    const { provider } = key.query;
    if ('content' in key) return this.platform.open(provider, key.content, await this.#actor(holder), holder);
    const { found } = key;
    const scope = await this.#withActor(key.scope, holder);
    const slot = { provider, label: found.label };
    const opened = this.sealer.open(scope, slot, found, holder);
    this.storage.recordUse(scope, slot);
    if (found.doubt === 'refused') this.keyChecks.recheck(scope, slot);
    if (scope.source === 'session') await this.renewal.renew(scope, [found, opened]);
    return opened;
  }

  #withActor(scope: KeyScope, holder: KeyHolder): KeyScope | Promise<KeyScope> {
    const { kind } = scope.owner;
    if (kind === USER_SOURCE || kind === 'session' || scope.actor) return scope;
    return this.#actor(holder).then((actor) => ({ ...scope, actor }));
  }

  /** Who uses a key that is not their own. */
  async #actor(holder: KeyHolder): Promise<KeyScope['actor']> {
    return this.events.isHeard ? this.callers.actorOf(holder) : undefined;
  }
}

/** Whether the request's connection was closed. */
function isGone(holder: KeyHolder): boolean {
  return (holder as { socket?: { destroyed?: boolean } }).socket?.destroyed === true;
}
