import type { ServerResponse } from 'node:http';
import type { ByokRequest } from '../../interfaces/index.js';
import { hasBody, MAX_BODY } from '../body/body-rules.js';
import type { PathHandlers } from './express.js';

type Next = (error?: unknown) => void;
type Hook = (request: FastifyRequestLike, reply: unknown, done: Next) => void;
type ErrorHandler = (error: unknown, request: FastifyRequestLike, reply: FastifyReplyLike) => unknown;

interface FastifyRequestLike extends ByokRequest {
  url: string;
  /** Without parameters where the path could not even be read. */
  params?: Record<string, string> | null;
}

interface FastifyReplyLike {
  raw: ServerResponse;
  code(status: number): { send(body: unknown): unknown };
}

interface FastifyRoute {
  method: string | string[];
  url: string;
  bodyLimit?: number;
  errorHandler?: ErrorHandler;
  onRequest?: Hook | Hook[];
}

/** What is used of Fastify, which is not a dependency. @internal */
export interface FastifyLike {
  initialConfig?: { ignoreTrailingSlash?: boolean; routerOptions?: { ignoreTrailingSlash?: boolean } };
  addHook(name: 'onRequest', hook: Hook): void;
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): void;
  register(plugin: (instance: FastifyLike, options: unknown, done: Next) => void, options: { prefix: string }): void;
  route(route: FastifyRoute): void;
  setErrorHandler(handler: ErrorHandler): void;
  setNotFoundHandler(handler: (request: FastifyRequestLike, reply: unknown) => Promise<void>): void;
}

interface FastifyOptions {
  frameworkErrors?: ErrorHandler;
  trustProxy?: unknown;
}

/** Fastify shows its options under a symbol only. @internal */
export function optionsOf(instance: object): FastifyOptions | undefined {
  const symbol = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'fastify.options');
  return symbol && (instance as Record<symbol, FastifyOptions | undefined>)[symbol];
}

/** Before Nest has registered its routes. @internal */
export function prepareFastify(instance: FastifyLike, handlers: PathHandlers): void {
  const { url, hasPages, prepare, absent, failed } = handlers;
  const isBelow = (path: string) => path.startsWith(url) && /^([/?#]|$)/.test(path.slice(url.length));
  const { initialConfig = {} } = instance;
  const isLax = Boolean(initialConfig.ignoreTrailingSlash || initialConfig.routerOptions?.ignoreTrailingSlash);

  instance.addHook('onRoute', (route) => {
    if (!isBelow(route.url)) return;
    // As on Express, where /byok/ is the first page too.
    if (hasPages && !isLax && route.url === url && route.method === 'GET') instance.route({ ...route, url: `${url}/` });
    const path = route.url.slice(url.length);
    // Before it is read, rather than after: Fastify reads a mebibyte of what a stranger sends.
    if (/^(\/api)?\/keys(\/|$)/.test(path)) route.bodyLimit = MAX_BODY;
    // Errors of handlers are Nest's; these are those of parsers and plugins.
    route.errorHandler = (error, request, reply) => failed(error, request, reply, path);
    route.onRequest = [
      ...[route.onRequest ?? []].flat(),
      (request, reply, done) => {
        prepare(reply);
        // Clients give the type of a body that they do not send; the parser would refuse it for being empty.
        if (route.method === 'DELETE' && !hasBody(request)) delete request.headers['content-type'];
        // Fastify takes `keys//delete` for one with a provider; Nest would answer, and quote the path.
        const isNamed = Object.entries(request.params ?? {}).every(([name, value]) => value !== '' || name === '*');
        if (isNamed) done();
        else absent(request, reply, path).catch(done);
      },
    ];
  });

  instance.register(
    (child, _, done) => {
      const pathOf = ({ params }: FastifyRequestLike) => `/${params?.['*'] ?? ''}`;
      child.addHook('onRequest', (_request, reply, next) => {
        prepare(reply);
        next();
      });
      child.setErrorHandler((error, request, reply) => failed(error, request, reply, pathOf(request)));
      child.setNotFoundHandler((request, reply) => absent(request, reply, pathOf(request)));
      done();
    },
    { prefix: url },
  );

  answerUnreadablePaths(instance, handlers, isBelow);
}

/** What Fastify's router refuses before any hook: a path that cannot be decoded, or is long. Its answer quotes the path. */
function answerUnreadablePaths(
  instance: FastifyLike,
  { url, failed }: PathHandlers,
  isBelow: (path: string) => boolean,
): void {
  const options = optionsOf(instance);
  if (!options) return;
  const before = options.frameworkErrors;
  options.frameworkErrors = (error, request, reply) => {
    if (isBelow(request.url)) {
      // Nobody would hear of it here, where an application's layout fails.
      return failed(error, request, reply, request.url.slice(url.length)).catch(() => reply.code(400).send(''));
    }
    if (before) return before(error, request, reply);
    return answerAsFastify(error, reply.raw);
  };
}

/** What Fastify would have written, which it has no function for: 414 is a "Bad Request" there, and 500 has no code. */
function answerAsFastify(error: unknown, response: ServerResponse): void {
  const { statusCode = 500, code, message } = error as { statusCode?: number; code?: string; message?: string };
  const body = JSON.stringify(
    statusCode < 500
      ? { error: 'Bad Request', code, message, statusCode }
      : { error: 'Internal Server Error', message, statusCode },
  );
  response.writeHead(statusCode, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
