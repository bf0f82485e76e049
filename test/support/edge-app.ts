import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import session, { type SessionOptions, type Store } from 'express-session';
import type { AddressInfo } from 'node:net';
import supertest, { type Agent } from 'supertest';
import { ByokModule, ByokService, type ByokModuleOptions, type ByokRequest } from '../../lib/index.js';
import { SECRET } from './byok-app.js';
import { SESSION_OPTIONS } from './sessions.js';

export const KEY = 'an-example-of-an-api-key-1f9c';

/** Headers that a browser sends with a request of the site's own. */
export const SAME_SITE = { 'Sec-Fetch-Site': 'same-origin' };

/** What every answer of the library has, errors too. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'Cookie, Authorization, Accept, Accept-Language, Origin, Sec-Fetch-Site',
} as const;

export interface EdgeApp {
  nest: NestExpressApplication;
  url: string;
  byok: ByokService;
  /** Everything the application has logged. */
  log: string[];
  /** A browser: keeps its cookies, and says that its requests are the site's own. */
  browser: (user?: string) => Promise<Agent>;
  /** A program that says by a header who it is for, and sends no cookie. */
  client: (user?: string) => Agent;
  close: () => Promise<void>;
}

export interface EdgeSetup extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  options?: Partial<ByokModuleOptions>;
  /** Instead of one with `options`. */
  byokModule?: NonNullable<ModuleMetadata['imports']>[number];
  /** What a `main.ts` would do. Before the sessions, too. */
  configure?: (nest: NestExpressApplication) => void;
  store?: Store;
  /** Of the session middleware, beside the store; false is none. */
  sessions?: Partial<SessionOptions> | false;
  /** Serves by TLS with this. */
  tls?: { key: string; cert: string };
}

/** A real application on a real port, with sessions and users who sign in with `POST /sign-in?user=`. */
export async function startEdge(setup: EdgeSetup = {}): Promise<EdgeApp> {
  const { options, imports = [], controllers = [], providers = [], configure, store, sessions, tls } = setup;
  const byokModule = setup.byokModule ?? ByokModule.forRoot({ secret: SECRET, ...options });
  class EdgeModule {}
  const log: string[] = [];
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  const nest = await NestFactory.create<NestExpressApplication>(
    { module: EdgeModule, imports: [byokModule, ...imports], controllers, providers },
    {
      abortOnError: false,
      ...(tls && { httpsOptions: tls }),
      logger: { log: () => undefined, error: write, warn: write, fatal: write },
    },
  );
  try {
    configure?.(nest);
    if (sessions !== false) {
      nest.use(session({ ...SESSION_OPTIONS, store: store ?? new session.MemoryStore(), ...sessions }));
    }
    nest.use(signIn);
    await nest.listen(0, '127.0.0.1');
  } catch (error) {
    await nest.close().catch(() => undefined);
    throw error;
  }
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(nest.getHttpServer().address() as AddressInfo).port}`;
  return {
    nest,
    url,
    log,
    byok: nest.get(ByokService),
    async browser(user) {
      const agent = supertest.agent(url).set(SAME_SITE);
      if (user !== undefined) await agent.post(`/sign-in?user=${user}`).expect(204);
      return agent;
    },
    client: (user) => {
      const agent = supertest.agent(url);
      return user === undefined ? agent : agent.set('X-Test-User', user);
    },
    close: () => nest.close(),
  };
}

/** The application's authentication: a session that has signed in, or a header that a gateway would set. */
function signIn(request: Request, response: Response, next: NextFunction): void {
  const holder = request as unknown as ByokRequest & { session?: Record<string, unknown> };
  if (request.method === 'POST' && request.path === '/sign-in') {
    holder.session!['user'] = request.query['user'];
    response.status(204).end();
    return;
  }
  const id = request.headers['x-test-user'] ?? holder.session?.['user'];
  if (id !== undefined) holder.user = { id };
  next();
}
