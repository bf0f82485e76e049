import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { StorageError } from '../errors/index.js';
import type { ByokRequest } from '../interfaces/index.js';
import { ErrorAnswers, statusOf } from './error-answers.js';
import { MountPath } from './mount-path.js';

/**
 * Gives our form to what goes wrong on our routes before any guard or filter of a route runs: a body parser refuses (and
 * its message quotes the body, which may be a key), or the session cannot be loaded.
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

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter;
    // Express alone knows error middleware; this is before Nest adds its own.
    if (adapter?.getType() !== 'express') return;
    adapter.use(
      this.mountPath.url,
      (error: unknown, request: ByokRequest & { url: string }, response: unknown, next: (error: unknown) => void) => {
        // Relative to where the pages are.
        const isApi = /^\/api(?![^/?])/i.test(request.url);
        this.answers.send(this.#refusalOrOutage(error), request, response, !isApi).catch(next);
      },
    );
  }

  #refusalOrOutage(error: unknown): unknown {
    if (statusOf(error) !== undefined) return error;
    this.#logger.error(
      `Middleware in front of the module failed: ${error instanceof Error ? error.name : typeof error}`,
    );
    return new StorageError('The service is not available at the moment. Try again.');
  }
}
