import { type ArgumentsHost, Injectable, Logger, type Type } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA } from '@nestjs/common/constants.js';
import {
  ApplicationConfig,
  BaseExceptionFilter,
  HttpAdapterHost,
  ModulesContainer,
  type NestContainer,
} from '@nestjs/core';
import { ExternalExceptionFilterContext } from '@nestjs/core/exceptions/external-exception-filter-context.js';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/router/request/request-constants.js';
import { answerOutsideHttp } from '../http/index.js';
import type { HandlerOf } from './request-keys.js';

type ContextId = NonNullable<Parameters<ExternalExceptionFilterContext['create']>[3]>;

/** A filter as Nest keeps it. */
interface KnownFilter {
  func: (error: unknown, host: ArgumentsHost) => unknown;
  /** None: it catches everything. */
  exceptionMetatypes: readonly Type[];
}

/** What Nest itself does to find the filters of a handler. */
class FilterContext extends ExternalExceptionFilterContext {
  /** In the order in which they are asked. */
  of({ controller, handler }: HandlerOf, moduleKey: string | undefined, contextId?: ContextId): KnownFilter[] {
    this.moduleContext = moduleKey!;
    const instance = Object.create(controller.prototype as object) as object;
    const callback = (handler ?? (() => undefined)) as () => unknown;
    return this.createContext<unknown[], KnownFilter[]>(
      instance,
      callback,
      EXCEPTION_FILTERS_METADATA,
      contextId,
    ).reverse();
  }
}

/**
 * Hands an error that a filter of ours was asked for to the filters of its handler, or to Nest: what the application would
 * have done without us.
 *
 * @internal
 */
@Injectable()
export class ApplicationFilters {
  readonly #logger = new Logger('ExceptionsHandler');

  constructor(
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** As the first filter that catches the error answers it, else as Nest does. */
  answer(error: unknown, host: ArgumentsHost, handler: HandlerOf): unknown {
    const container = { getModules: () => this.modules } as unknown as NestContainer;
    const context = new FilterContext(container, this.config);
    const filters = context.of(handler, this.#moduleOf(handler.controller), contextOf(host));
    const filter = filters.find(({ exceptionMetatypes: types }) => types.length === 0 || types.some(isInstance(error)));
    return filter ? filter.func(error, host) : this.answerByDefault(error, host);
  }

  /** As Nest answers an error that no filter catches. */
  answerByDefault(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() === 'http') return new BaseExceptionFilter(this.adapterHost.httpAdapter).catch(error, host);
    this.#logger.error(error);
    return answerOutsideHttp(host, { status: 'error', message: 'Internal server error' }, error);
  }

  #moduleOf(controller: Type): string | undefined {
    for (const [key, { controllers, providers }] of this.modules) {
      if (controllers.has(controller) || providers.has(controller)) return key;
    }
    return undefined;
  }
}

function isInstance(error: unknown): (type: Type) => boolean {
  return (type) => error instanceof type;
}

/** Of a handler whose class, or a filter of which, is made for each request. */
function contextOf(host: ArgumentsHost): ContextId | undefined {
  const request: unknown = host.getArgByIndex(0);
  return (request as Record<symbol, ContextId | undefined> | undefined)?.[REQUEST_CONTEXT_ID];
}
