import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ByokError } from '../errors/index.js';
import { type AnyResponse, ExpiredKeyCleanup } from '../expiry/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { type ByokErrorBody, ErrorResponses } from './errors/error-responses.js';

/**
 * What `HttpsGuard`, `CleanupInterceptor` and `ByokExceptionFilter` need. Nest creates them in each module of the application
 * that uses them, so `ByokModule` exports this.
 *
 * @internal
 */
@Injectable()
export class RouteSupport {
  readonly https: ResolvedByokOptions['https'];

  constructor(
    @Inject(BYOK_OPTIONS) { https }: ResolvedByokOptions,
    private readonly cleanup: ExpiredKeyCleanup,
    private readonly responses: ErrorResponses,
  ) {
    this.https = https;
  }

  /** Removes the caller's expired keys after the response. */
  cleanUpAfter(request: object, response: AnyResponse): void {
    this.cleanup.afterwards(request, response);
  }

  sendError(error: ByokError, request: ByokRequest, response: unknown): Promise<void> {
    return this.responses.send(error, request, response);
  }

  errorBody(error: ByokError): ByokErrorBody {
    return this.responses.bodyOf(error);
  }
}
