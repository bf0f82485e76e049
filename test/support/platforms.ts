import cookiePlugin from '@fastify/cookie';
import sessionPlugin, { type FastifySessionOptions } from '@fastify/session';
import type { INestApplication, LoggerService, NestApplicationOptions } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { NextFunction, Request, Response } from 'express';
import session, { type SessionOptions, type Store } from 'express-session';
import { SESSION_OPTIONS } from './sessions.js';

/** What an application can stand on. A spec that runs on both: `describe.each(PLATFORMS)('… on %s', (platform) => …)`. */
export type Platform = 'express' | 'fastify';
export const PLATFORMS: readonly Platform[] = ['express', 'fastify'];

/** Every storage on Express, and on Fastify those that have to do with its sessions. */
export const STORAGES_ON_PLATFORMS = [
  ['session', 'express'],
  ['database', 'express'],
  ['hybrid', 'express'],
  ['session', 'fastify'],
  ['hybrid', 'fastify'],
] as const;

type Module = Parameters<typeof NestFactory.create>[0];

export interface PlatformSetup {
  module: Module;
  logger: LoggerService | false;
  /** Of Express `trust proxy`, of Fastify `trustProxy`. */
  trust?: unknown;
  /** Serves by TLS with this. */
  tls?: { key: string; cert: string };
  /** What a `main.ts` would do before there are sessions. */
  configure?: (nest: INestApplication) => unknown;
  /** A store as express-session has them, which both take. Like all that are not in memory, they answer later. */
  store?: Store;
  /** Of the cookie of sessions and the like; false is no sessions. */
  sessions?: Partial<SessionOptions> | false;
  /** What an application's authentication does, with the session loaded. True where the request is answered by that. */
  authenticate?: (request: AuthRequest) => boolean;
}

/** What the authentication of an application sees of a request, on either platform. */
export interface AuthRequest {
  method: string;
  path: string;
  query: Record<string, unknown>;
  headers: Record<string, string | string[] | undefined>;
  session?: Record<string, unknown> | null;
  user?: unknown;
}

/** What `createNestApplication()` of a test module takes for a platform. */
export function adapterOf(platform: Platform): AbstractHttpAdapter {
  return platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
}

/** An application on a platform, ready to listen. */
export function createOn(platform: Platform, setup: PlatformSetup): Promise<INestApplication> {
  return platform === 'express' ? createOnExpress(setup) : createOnFastify(setup);
}

async function createOnExpress(setup: PlatformSetup): Promise<INestApplication> {
  const { module, logger, trust, tls, configure, store, sessions, authenticate } = setup;
  const options: NestApplicationOptions = { abortOnError: false, logger, ...(tls && { httpsOptions: tls }) };
  const nest = await NestFactory.create<NestExpressApplication>(module, options);
  if (trust !== undefined) nest.set('trust proxy', trust);
  await configure?.(nest);
  if (sessions !== false) {
    nest.use(session({ ...SESSION_OPTIONS, store: store ?? new session.MemoryStore(), ...sessions }));
  }
  nest.use((request: Request, response: Response, next: NextFunction) => {
    if (authenticate?.(request as unknown as AuthRequest)) response.status(204).end();
    else next();
  });
  return nest;
}

async function createOnFastify(setup: PlatformSetup): Promise<INestApplication> {
  const { module, logger, trust, tls, configure, store, sessions, authenticate } = setup;
  const adapter = new FastifyAdapter({ trustProxy: trust as boolean, ...(tls && { https: tls }) } as object);
  keepRoutes(adapter);
  const nest = await NestFactory.create<NestFastifyApplication>(module, adapter, { abortOnError: false, logger });
  await configure?.(nest);
  await nest.register(cookiePlugin as never);
  if (sessions !== false) await nest.register(sessionPlugin, fastifySessions(store, sessions));
  nest
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      const { method, url, query, headers, session } = request as unknown as AuthRequest & { url: string };
      const seen: AuthRequest = { method, path: url.split('?')[0], query, headers, session };
      const known = new Set(Object.keys(seen));
      const isAnswered = authenticate?.(seen);
      // What it added, `user` for one.
      Object.assign(request, Object.fromEntries(Object.entries(seen).filter(([name]) => !known.has(name))));
      if (isAnswered) void reply.code(204).send();
      else done();
    });
  return nest;
}

function fastifySessions(
  store: Store = new session.MemoryStore(),
  { cookie, ...sessions }: Partial<SessionOptions> = {},
): FastifySessionOptions {
  return {
    secret: 'a-secret-of-the-tests-that-is-long',
    saveUninitialized: false,
    store: store,
    ...(sessions as Pick<FastifySessionOptions, 'rolling'>),
    cookie: { secure: false, sameSite: 'lax', ...(cookie as FastifySessionOptions['cookie']) },
  };
}

export interface Route {
  method: string;
  path: string;
}

/** Fastify tells of its routes only as they come. */
const routesOfFastify = new WeakMap<object, Route[]>();

function keepRoutes(adapter: FastifyAdapter): void {
  const routes: Route[] = [];
  routesOfFastify.set(adapter.getInstance(), routes);
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, path: url });
  });
}

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

/** The routes of an application, as its platform's own router has them. */
export function routesOf(nest: INestApplication): Route[] {
  const instance = nest.getHttpAdapter().getInstance() as { router?: { stack: Layer[] } };
  const known = routesOfFastify.get(instance);
  if (known) return known;
  return instance.router!.stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path })) : [],
  );
}
