import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { AddressInfo, Server } from 'node:net';
import supertest, { type Agent } from 'supertest';
import { ByokModule, type ByokModuleOptions, ByokService } from '../../lib/index.js';
import { SECRET } from './byok-app.js';
import { type AuthRequest, createOn, type Platform, type PlatformSetup } from './platforms.js';

export const KEY = 'an-example-of-an-api-key-1f9c';

/** Headers that a browser sends with a request of the site's own. */
export const SAME_SITE = { 'Sec-Fetch-Site': 'same-origin' };

/** What every answer of the library has, errors too. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'Cookie, Authorization, Accept, Accept-Language, Origin, Sec-Fetch-Site',
} as const;

export interface EdgeApp {
  nest: INestApplication;
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

export interface EdgeSetup
  extends
    Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'>,
    Pick<PlatformSetup, 'configure' | 'sessions' | 'store' | 'tls' | 'trust'> {
  /** Express, where it is not said. */
  platform?: Platform;
  options?: Partial<ByokModuleOptions>;
  /** After those who sign in with `POST /sign-in`: what an application's authentication does with a request. */
  authenticate?: (request: AuthRequest) => void;
  /** Instead of one with `options`. */
  byokModule?: NonNullable<ModuleMetadata['imports']>[number];
}

/** A real application on a real port, with sessions and users who sign in with `POST /sign-in?user=`. */
export async function startEdge(setup: EdgeSetup = {}): Promise<EdgeApp> {
  const { platform = 'express', options, imports = [], controllers = [], providers = [], tls } = setup;
  const byokModule = setup.byokModule ?? ByokModule.forRoot({ secret: SECRET, ...options });
  class EdgeModule {}
  const log: string[] = [];
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  const nest = await createOn(platform, {
    ...setup,
    module: { module: EdgeModule, imports: [byokModule, ...imports], controllers, providers },
    logger: { log: () => undefined, error: write, warn: write, fatal: write },
    authenticate: (request) => {
      const isAnswered = signIn(request);
      setup.authenticate?.(request);
      return isAnswered;
    },
  });
  try {
    await nest.listen(0, '127.0.0.1');
  } catch (error) {
    await nest.close().catch(() => undefined);
    throw error;
  }
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${((nest.getHttpServer() as Server).address() as AddressInfo).port}`;
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
function signIn(request: AuthRequest): boolean {
  if (request.method === 'POST' && request.path === '/sign-in') {
    request.session!['user'] = request.query['user'];
    return true;
  }
  const id = request.headers['x-test-user'] ?? request.session?.['user'];
  if (id !== undefined) request.user = { id };
  return false;
}
