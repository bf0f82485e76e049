import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ExpiredKeyCleanup } from '../expiry/index.js';
import { CallerResolver } from '../identity/index.js';
import type { KeyHolder, KeyOwner, ResolvedByokOptions, RoutedRequest } from '../interfaces/index.js';
import { checkProvider, type Consulted, KeyResolver, PLATFORM, type ResolvedApiKey } from '../keys/index.js';
import { USER_SOURCE } from '../validation/index.js';
import { holderOfCall } from './holder-of-call.js';
import type { KeyRequirement } from './key-requirement.js';

/** What `ApiKeyResolver` found. @publicApi */
export interface ApiKeyResolution {
  /** Whose keys: the caller, or if only keys of others were asked for, the owner of the first one. */
  readonly owner: KeyOwner;
  /** Who was asked for keys. @internal */
  readonly consulted?: readonly Consulted[];
  /** A key for each requirement, in their order; none if one is missing. */
  readonly keys: readonly ResolvedApiKey[];
  /** The first requirement that the caller has no key for. */
  readonly missing: KeyRequirement | undefined;
}

/**
 * Resolves the keys that a guard asks for: the one dependency of `ApiKeyGuard` and its subclasses.
 *
 * @publicApi
 */
@Injectable()
export class ApiKeyResolver {
  /** @internal */
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly keys: KeyResolver,
    private readonly callers: CallerResolver,
    private readonly events: KeyEvents,
    private readonly cleanup: ExpiredKeyCleanup,
  ) {}

  /**
   * The caller's keys: read together, each decrypted once. A missing one is reported to `onEvent` as `denied`. If there is
   * a response of HTTP, the caller's expired keys are removed after it.
   *
   * @throws UserRequiredError if nobody is signed in and visitors have no keys
   * @throws EncryptionError if a key cannot be decrypted
   */
  async resolve(
    request: KeyHolder,
    requirements: readonly KeyRequirement[],
    response?: object,
  ): Promise<ApiKeyResolution> {
    const { keys, missing, user, consulted } = await this.keys.resolve(
      request,
      requirements.map(({ providers, label, from }) => ({
        queries: providers.map((provider) => ({ provider, label })),
        from,
      })),
    );
    if (response) this.cleanup.afterwards(request, response);
    const owner = user?.owner ?? keys[0]?.owner ?? consulted.find((each) => each.owner)?.owner ?? PLATFORM;
    if (missing === -1) return { owner, consulted, keys, missing: undefined };
    const { providers, label } = requirements[missing];
    const denied = { type: 'denied', owner, label: label ?? 'default' } as const;
    for (const provider of providers) {
      this.events.emit({ ...denied, ...(user && { source: user.source }), provider }, request);
    }
    // For the page that asks for the key. Outside of HTTP, a request may live on.
    if (user && response && 'headers' in request) this.callers.holdScope(request, user);
    return { owner, consulted, keys: [], missing: this.#withSources(requirements[missing]) };
  }

  /** The requirement with whose keys will do, unless that is the caller alone. */
  #withSources(requirement: KeyRequirement): KeyRequirement {
    const from = requirement.from ?? this.options.keySources;
    return from.length === 1 && from[0] === USER_SOURCE ? requirement : { ...requirement, from };
  }

  /**
   * The requirements of a call, with the provider that the call itself names: one of the option `providers`, so that a caller
   * cannot choose what the application does not know.
   *
   * @throws InvalidInputError if it is another one
   * @internal
   */
  named(
    request: KeyHolder,
    requirements: readonly KeyRequirement[],
    context: ExecutionContext,
  ): Promise<KeyRequirement[]> {
    const { providers } = this.options;
    return Promise.all(
      requirements.map(async ({ providerOf, ...requirement }) => {
        if (!providerOf) return requirement;
        const named = await providerOf(request as RoutedRequest, context);
        return { ...requirement, providers: [checkProvider(named, { providers, allowUnknownProviders: false })] };
      }),
    );
  }

  /**
   * Whose keys are meant by a call outside of HTTP.
   *
   * @throws UserRequiredError if the option `resolveHolder` knows nobody
   * @throws ConfigurationError if there is nothing to ask
   * @internal
   */
  holderOf(context: ExecutionContext): Promise<KeyHolder> {
    return holderOfCall(context, this.options);
  }

  /** Whether the request's owners are still those: its user may be another one meanwhile. @internal */
  isUnchanged(consulted: readonly Consulted[], request: KeyHolder): Promise<boolean> {
    return this.keys.isUnchanged(consulted, request);
  }
}
