import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { BYOK_OPTIONS, REQUIREMENTS_METADATA } from '../byok.constants.js';
import { ConfigurationError } from '../errors/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { PLATFORM_SOURCE, USER_SOURCE } from '../validation/index.js';
import { parameterFactories } from './api-key.decorator.js';
import { isNamedByCall, lineOf, requirementsOf } from './key-requirement.js';

/** What marks a method that Nest calls without guards: jobs of queues, timers, listeners of events, handlers of CQRS. */
const UNGUARDED = /^(SCHEDUL|bull|EVENT_LISTENER|__(command|query|events)Handler__)/;
/** What TypeScript, Nest itself and this library put on methods and classes. */
const NEUTRAL =
  /^(design:|__guards__|__exceptionFilters__|__interceptors__|__pipes__|__injectable__|scope:options|self:|optional:|byok:|swagger\/)/;

/** What marks a method that fills a field of GraphQL. */
const GRAPHQL_FIELD = 'graphql:resolve_property';
/** The token of the options of `GraphQLModule`. */
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** A parameter that a decorator of ours fills. */
interface KeyParameter {
  decorator: string;
  provider: string | undefined;
}

/**
 * Refuses to start with decorators that cannot work: for providers that are not offered, on methods that Nest never
 * guards, and for keys that no guard of the handler resolves.
 *
 * @internal
 */
@Injectable()
export class HandlerCheck implements OnModuleInit {
  readonly #scanner = new MetadataScanner();

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly modules: ModulesContainer,
  ) {}

  /** @throws ConfigurationError naming the class and the method */
  onModuleInit(): void {
    const modules = [...this.modules.values()];
    const controllers = classesOf(modules.flatMap((module) => [...module.controllers.values()]));
    for (const controller of controllers) {
      for (const [name, method] of this.#methodsOf(controller)) this.#checkHandler(controller, name, method);
    }
    const bases = new Set(controllers.flatMap(lineOf));
    for (const provider of classesOf(modules.flatMap((module) => [...module.providers.values()]))) {
      if (!bases.has(provider)) this.#checkProvider(provider);
    }
  }

  #checkProvider(provider: Type): void {
    let hasHandlers = false;
    for (const [name, method] of this.#methodsOf(provider)) {
      const isGuarded = this.#isGuarded(provider, method);
      hasHandlers ||= isGuarded;
      if (!isGuarded) this.#checkUnguarded(provider, name, method);
      else if (Reflect.hasMetadata(GRAPHQL_FIELD, method)) this.#checkField(provider, name, method);
      if (isGuarded) this.#checkHandler(provider, name, method);
    }
    if (!hasHandlers && Reflect.hasOwnMetadata(REQUIREMENTS_METADATA, provider))
      throw unguarded(provider.name, 'RequireApiKey');
  }

  #methodsOf(type: Type): [string, object][] {
    const prototype = type.prototype as Record<string, object>;
    return this.#scanner.getAllMethodNames(prototype).map((name) => [name, prototype[name]]);
  }

  #checkHandler(type: Type, name: string, method: object): void {
    const where = `${type.name}.${name}()`;
    const requirements = requirementsOf(type, method);
    const offered = Object.keys(this.options.providers);
    if (isNamedByCall(requirements) && offered.length === 0) {
      throw new ConfigurationError(
        `${where} takes its provider from the request, but the option providers is empty. Name there what a request may choose.`,
      );
    }
    const named = requirements.flatMap(({ providers, providerOf }) => (providerOf ? offered : providers));
    const unknown = named.find((provider) => !(provider in this.options.providers));
    if (!this.options.allowUnknownProviders && unknown !== undefined) {
      throw new ConfigurationError(
        `${where} requires a key for '${unknown}', which is not in the option providers. Add it there, or set allowUnknownProviders to true.`,
      );
    }
    const sources = [USER_SOURCE, ...this.options.sharedOwners.keys(), PLATFORM_SOURCE];
    const unknownSource = requirements.flatMap(({ from = [] }) => from).find((source) => !sources.includes(source));
    if (unknownSource !== undefined) {
      throw new ConfigurationError(
        `${where} takes keys from '${unknownSource}', which must be one of: ${sources.join(', ')}. Add other owners to the option sharedOwners.`,
      );
    }
    for (const { decorator, provider } of parametersOf(type, name)) {
      if (provider === undefined ? named.length > 0 : named.includes(provider)) continue;
      throw new ConfigurationError(
        `${where} uses @${decorator}(${provider === undefined ? '' : `'${provider}'`}), but nothing requires that key. Put @RequireApiKey('${provider ?? 'openai'}') on the method or its class.`,
      );
    }
  }

  #checkUnguarded(type: Type, name: string, method: object): void {
    const decorator = decoratorOf(type, name, method);
    if (decorator) throw unguarded(`${type.name}.${name}()`, decorator);
  }

  /** `GraphQLModule` runs guards of fields only where its options say so. */
  #checkField(type: Type, name: string, method: object): void {
    const decorator = decoratorOf(type, name, method);
    if (!decorator) return;
    const options = [...this.modules.values()].flatMap(({ providers }) => {
      const instance = providers.get(GRAPHQL_OPTIONS)?.instance as { fieldResolverEnhancers?: string[] } | undefined;
      return instance ?? [];
    });
    if (options.every(({ fieldResolverEnhancers }) => fieldResolverEnhancers?.includes('guards'))) return;
    throw new ConfigurationError(
      `${type.name}.${name}() uses @${decorator}(), but GraphQLModule runs no guards for fields. Add fieldResolverEnhancers: ['guards', 'filters'] to its options.`,
    );
  }

  /** Other packages call providers with guards too, such as resolvers and gateways: they leave metadata of their own. */
  #isGuarded(type: Type, method: object): boolean {
    const keys = [type, method].flatMap((target) => Reflect.getMetadataKeys(target) as unknown[]).map(String);
    return keys.some((key) => !NEUTRAL.test(key)) && !keys.some((key) => UNGUARDED.test(key));
  }
}

/** The decorator of ours that a method has. */
function decoratorOf(type: Type, name: string, method: object): string | undefined {
  if (Reflect.hasOwnMetadata(REQUIREMENTS_METADATA, method)) return 'RequireApiKey';
  return parametersOf(type, name).at(0)?.decorator;
}

function unguarded(where: string, decorator: string): ConfigurationError {
  return new ConfigurationError(
    `${where} uses @${decorator}(), but Nest runs no guard before it: it is not a method of a controller, a resolver or a gateway. Remove the decorator, and ask ByokService for the key: await byok.getKey({ userId }, 'openai').`,
  );
}

function parametersOf(type: Type, name: string): KeyParameter[] {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, type, name) ?? {}) as Record<
    string,
    { factory?: unknown; data?: unknown }
  >;
  return Object.values(parameters).flatMap(({ factory, data }) => {
    const decorator = parameterFactories.get(factory);
    return decorator ? [{ decorator, provider: typeof data === 'string' ? data : undefined }] : [];
  });
}

function classesOf(wrappers: { metatype: unknown; inject?: unknown }[]): Type[] {
  const classes = wrappers.filter(({ metatype, inject }) => typeof metatype === 'function' && !inject);
  return [...new Set(classes.map(({ metatype }) => metatype as Type))].filter((type) => type.prototype !== undefined);
}
