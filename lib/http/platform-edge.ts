import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ByokRequest } from '../interfaces/index.js';

/** What there is to do under one path beside the routes there, whichever platform does it. @internal */
export interface Edge {
  /** The path, such as `/byok`. */
  url: string;
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
export function prepareExpress(adapter: AbstractHttpAdapter, { url, prepare }: Edge): void {
  adapter.use(url, (_: unknown, response: unknown, next: Next) => {
    prepare(response);
    next();
  });
}

/** After Nest has registered its routes, and before its own answer to what is not found. @internal */
export function finishExpress(adapter: AbstractHttpAdapter, { url, absent, failed }: Edge): void {
  // Of a request whose path was matched Express shows what is below it.
  adapter.use(url, (request: RequestWithUrl, response: unknown, next: Next) => {
    absent(request, response, request.url).catch(next);
  });
  adapter.use(url, (error: unknown, request: RequestWithUrl, response: unknown, next: Next) => {
    failed(error, request, response, request.url).catch(next);
  });
}

/** What is used of Fastify, which is not a dependency. */
interface FastifyLike {
  addHook(name: 'onRequest', hook: (request: RequestWithUrl, reply: unknown, done: Next) => void): void;
  addHook(name: 'onRoute', hook: (route: { url: string; errorHandler?: unknown }) => void): void;
  register(plugin: (instance: FastifyLike, options: unknown, done: Next) => void, options: { prefix: string }): void;
  setNotFoundHandler(handler: (request: RequestWithUrl, reply: unknown) => Promise<void>): void;
}

/** Before Nest has registered its routes. @internal */
export function prepareFastify(instance: FastifyLike, { url, prepare, absent, failed }: Edge): void {
  const isBelow = (path: string) => path.startsWith(url) && /^([/?#]|$)/.test(path.slice(url.length));
  instance.addHook('onRequest', (request, reply, done) => {
    if (isBelow(request.url)) prepare(reply);
    done();
  });
  // Errors of handlers are Nest's; these are those of the parsers.
  instance.addHook('onRoute', (route) => {
    if (!isBelow(route.url)) return;
    route.errorHandler = (error: unknown, request: RequestWithUrl, reply: unknown) =>
      failed(error, request, reply, request.url.slice(url.length));
  });
  instance.register(
    (child, _, done) => {
      child.setNotFoundHandler((request, reply) => absent(request, reply, request.url.slice(url.length)));
      done();
    },
    { prefix: url },
  );
}
