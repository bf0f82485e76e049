import { Injectable, Logger, NotFoundException, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { StorageError } from '../errors/index.js';
import type { ByokRequest } from '../interfaces/index.js';
import { ErrorAnswers, statusOf } from './error-answers.js';
import { MountPath } from './mount-path.js';
import { setSecurityHeaders } from './response-headers.js';

type Next = (error?: unknown) => void;
type RequestWithUrl = ByokRequest & { url: string };

/**
 * Gives our form to what goes wrong under our path outside of our routes: a body parser refuses (and its message quotes
 * the body, which may be a key), the session cannot be loaded, or there is no such route (and the application's answer
 * would quote the path, in which somebody may have put a key).
 *
 * @internal
 */
@Injectable()
export class UpstreamErrors implements OnModuleInit {
  readonly #logger = new Logger('ByokModule');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly mountPath: MountPath,
    private readonly answers: ErrorAnswers,
  ) {}

  /**
   * Before any route: what the platform answers by itself, such as OPTIONS, has the headers too. For the module to call
   * while Nest sets up middleware.
   */
  prepare(): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter?.getType() !== 'express') return;
    adapter.use(this.mountPath.url, (_: unknown, response: unknown, next: Next) => {
      setSecurityHeaders(this.adapterHost, response);
      next();
    });
  }

  /** After every route of the application and before its own answer to what is not found. */
  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter;
    // Express alone knows error middleware.
    if (adapter?.getType() !== 'express') return;
    const { url } = this.mountPath;
    adapter.use(url, (request: RequestWithUrl, response: unknown, next: Next) => {
      this.#answer(new NotFoundException(), request, response, next);
    });
    adapter.use(url, (error: unknown, request: RequestWithUrl, response: unknown, next: Next) => {
      this.#answer(this.#refusalOrOutage(error), request, response, next);
    });
  }

  #answer(error: unknown, request: RequestWithUrl, response: unknown, next: Next): void {
    // Relative to where the pages are.
    const isApi = /^\/api(?![^/?])/i.test(request.url);
    this.answers.send(error, request, response, !isApi).catch(next);
  }

  #refusalOrOutage(error: unknown): unknown {
    if (statusOf(error) !== undefined) return error;
    this.#logger.error(
      `Middleware in front of the module failed: ${error instanceof Error ? error.name : typeof error}`,
    );
    return new StorageError('The service is not available at the moment. Try again.');
  }
}
