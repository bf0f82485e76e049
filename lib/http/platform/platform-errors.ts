import { Inject, Injectable, Logger, NotFoundException, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { SESSION_REASON, StorageError } from '../../errors/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import { ErrorResponses, statusOf } from '../errors/error-responses.js';
import { setSecurityHeaders } from '../security/response-headers.js';
import { type PathHandlers, finishExpress, prepareExpress } from './express.js';
import { prepareFastify } from './fastify.js';
import { MountPath } from './mount-path.js';

/**
 * Gives our form to what is answered under our path outside of our routes: a body parser refuses (and its message quotes
 * the body, which may be a key), the session cannot be loaded, or there is no such route (and the platform's answer
 * quotes the path, in which somebody may have put a key).
 *
 * @internal
 */
@Injectable()
export class PlatformErrors implements OnModuleInit {
  readonly #logger = new Logger('ByokModule');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly mountPath: MountPath,
    private readonly responses: ErrorResponses,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  /** For the module to call while Nest sets up middleware: before any route. */
  prepare(): void {
    this.mountPath.check();
    const adapter = this.adapterHost.httpAdapter;
    if (adapter?.getType() === 'express') prepareExpress(adapter, this.#handlers());
    if (adapter?.getType() === 'fastify') prepareFastify(adapter.getInstance(), this.#handlers());
  }

  /** Nest has registered its routes by now. */
  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter?.getType() === 'express') finishExpress(adapter, this.#handlers());
  }

  #handlers(): PathHandlers {
    // The API answers in JSON, whatever a client would rather have.
    const answer = (error: unknown, request: ByokRequest, response: unknown, path: string) =>
      this.responses.send(error, request, response, !/^\/api(?![^/?])/i.test(path));
    return {
      url: this.mountPath.route,
      hasPages: this.options.dashboard !== false,
      prepare: (response) => setSecurityHeaders(this.adapterHost, response),
      absent: (request, response, path) => answer(new NotFoundException(), request, response, path),
      failed: (error, request, response, path) => answer(this.#refusalOrOutage(error), request, response, path),
    };
  }

  #refusalOrOutage(error: unknown): unknown {
    if (statusOf(error) !== undefined) return error;
    this.#logger.error(`Middleware before the module failed: ${error instanceof Error ? error.name : typeof error}`);
    // Of what an application has in front of its routes, mostly its sessions can fail.
    return new StorageError('The service is not available at the moment. Try again.', SESSION_REASON);
  }
}
