import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ByokRequest } from '../../interfaces/index.js';

/** What there is to do under one path beside the routes there, whichever platform does it. @internal */
export interface PathHandlers {
  /** The path in this application, such as `/byok`. */
  url: string;
  /** Whether there is a page at that path. */
  hasPages: boolean;
  /** Before anything else. */
  prepare: (response: unknown) => void;
  /** For what fails outside of a route. `path` is below `url`. */
  failed: (error: unknown, request: ByokRequest, response: unknown, path: string) => Promise<void>;
  /** For what no route takes. */
  absent: (request: ByokRequest, response: unknown, path: string) => Promise<void>;
}

type Next = (error?: unknown) => void;
type RequestWithUrl = ByokRequest & { url: string };

/** Before Nest has registered its routes. @internal */
export function prepareExpress(adapter: AbstractHttpAdapter, { url, prepare }: PathHandlers): void {
  adapter.use(url, (_: unknown, response: unknown, next: Next) => {
    prepare(response);
    next();
  });
}

/** After Nest has registered its routes, and before its own answer to what is not found. @internal */
export function finishExpress(adapter: AbstractHttpAdapter, { url, absent, failed }: PathHandlers): void {
  // Of a request whose path was matched Express shows what is below it.
  adapter.use(url, (request: RequestWithUrl, response: unknown, next: Next) => {
    absent(request, response, request.url).catch(next);
  });
  adapter.use(url, (error: unknown, request: RequestWithUrl, response: unknown, next: Next) => {
    failed(error, request, response, request.url).catch(next);
  });
}
