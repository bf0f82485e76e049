import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ExpiredKeyCleanup } from '../expiry/index.js';
import { CallerResolver } from '../identity/index.js';
import type { KeyHolder, KeyOwner, ResolvedByokOptions, RoutedRequest } from '../interfaces/index.js';
import { checkProvider, KeyResolver, type ResolvedApiKey } from '../keys/index.js';
import { holderOfCall } from './holder-of-call.js';
import type { KeyRequirement } from './key-requirement.js';

/** What `ApiKeyResolver` found. @publicApi */
export interface ApiKeyResolution {
  /** Whose keys. */
  readonly owner: KeyOwner;
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
    const { keys, missing, scope } = await this.keys.resolve(
      request,
      requirements.map(({ providers, label }) => providers.map((provider) => ({ provider, label }))),
    );
    if (response) this.cleanup.afterwards(request, response);
    const { owner, source } = scope;
    if (missing === -1) return { owner, keys, missing: undefined };
    const { providers, label } = requirements[missing];
    for (const provider of providers) {
      this.events.emit({ type: 'denied', owner, source, provider, label: label ?? 'default' }, request);
    }
    // For the page that asks for the key. Outside of HTTP, a request may live on.
    if (response && 'headers' in request) this.callers.holdScope(request, scope);
    return { owner, keys: [], missing: requirements[missing] };
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

  /** Whether the caller is still this owner: the user of the request may be another one meanwhile. */
  async isCaller({ kind, id }: KeyOwner, request: KeyHolder): Promise<boolean> {
    const { owner } = await this.callers.scopeOf(request);
    return owner.kind === kind && owner.id === id;
  }
}
