import { Body, Controller, Delete, Get, Module, Param, Post, Req, type Type } from '@nestjs/common';
import type session from 'express-session';
import type { Store } from 'express-session';
import {
  ByokModule,
  type ByokModuleOptions,
  type ByokRequest,
  ByokService,
  EncryptionService,
} from '../../lib/index.js';
import { createOn, type Platform } from './platforms.js';

/** One for all instances. */
const SECRET = EncryptionService.generateSecret();

type AppRequest = ByokRequest & { session: session.Session & Record<string, unknown> };

/** Requests that have loaded their session and wait: `entered` when they have, they end after `release()`. */
export class SlowRequests {
  #enter!: () => void;
  #release!: () => void;
  readonly entered = new Promise<void>((resolve) => (this.#enter = resolve));
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve));

  async pass(): Promise<void> {
    this.#enter();
    await this.#released;
  }

  release(): void {
    this.#release();
  }
}

export interface SessionApp {
  url: string;
  /** What the next `POST /slow` waits at. */
  slow: SlowRequests;
  close(): Promise<void>;
}

/** A small application with sessions, that keeps keys with the library and, as a control, in the raw session. */
export async function startSessionApp(
  store: Store,
  options: Partial<ByokModuleOptions>,
  platform: Platform = 'express',
): Promise<SessionApp> {
  const app = { slow: new SlowRequests() } as SessionApp;
  const module = createModule(app, options);
  const nest = await createOn(platform, { module, logger: false, store });
  await nest.listen(0, '127.0.0.1');
  return Object.assign(app, { url: await nest.getUrl(), close: () => nest.close() });
}

function createModule(app: SessionApp, options: Partial<ByokModuleOptions>): Type {
  @Controller()
  class KeysController {
    constructor(private readonly byok: ByokService) {}

    @Post('sign-in/:user')
    signIn(@Req() request: AppRequest, @Param('user') user: string) {
      request.session['user'] = user;
    }

    @Post('sign-out')
    signOut(@Req() request: AppRequest) {
      delete request.session['user'];
    }

    @Post('sign-out-for-good')
    async destroy(@Req() request: AppRequest) {
      await new Promise((resolve) => request.session.destroy(resolve));
    }

    @Post('slow')
    async slow(@Req() request: AppRequest, @Body() { then }: { then?: string }) {
      const { slow } = app;
      await slow.pass();
      request.session['visits'] = Number(request.session['visits'] ?? 0) + 1;
      return then === 'read' ? { key: await this.byok.getKey(request, 'openai') } : {};
    }

    @Get('byok/:provider')
    async key(@Req() request: AppRequest, @Param('provider') provider: string) {
      return { key: await this.byok.getKey(request, provider) };
    }

    @Get('byok')
    async providers(@Req() request: AppRequest) {
      return { providers: await this.byok.listProviders(request) };
    }

    @Post('byok/:provider')
    async store(@Req() request: AppRequest, @Param('provider') provider: string, @Body() body: { key: string }) {
      await this.byok.setKey(request, provider, body.key);
    }

    @Delete('byok/:provider')
    async remove(@Req() request: AppRequest, @Param('provider') provider: string) {
      return { deleted: await this.byok.deleteKey(request, provider) };
    }

    @Delete('byok')
    async clear(@Req() request: AppRequest) {
      return { cleared: await this.byok.clearKeys(request) };
    }

    @Post('adopt')
    async adopt(@Req() request: AppRequest) {
      return { adopted: await this.byok.adoptSessionKeys(request) };
    }

    /** Signs in as one should: the session's id changes. */
    @Post('regenerate/:user')
    async regenerate(@Req() request: AppRequest, @Param('user') user: string) {
      const from = request.session;
      await new Promise((resolve) => request.session.regenerate(resolve));
      request.session['user'] = user;
      return { adopted: await this.byok.adoptSessionKeys(request, { from }) };
    }

    @Get('raw/:provider')
    rawKey(@Req() request: AppRequest, @Param('provider') provider: string) {
      return { key: rawOf(request)[provider] ?? null };
    }

    @Post('raw/:provider')
    rawStore(@Req() request: AppRequest, @Param('provider') provider: string, @Body() body: { key: string }) {
      request.session['raw'] = { ...rawOf(request), [provider]: body.key };
    }

    @Delete('raw/:provider')
    rawRemove(@Req() request: AppRequest, @Param('provider') provider: string) {
      const { [provider]: removed, ...rest } = rawOf(request);
      request.session['raw'] = rest;
      return { deleted: removed !== undefined };
    }

    @Delete('raw')
    rawClear(@Req() request: AppRequest) {
      delete request.session['raw'];
    }
  }

  @Module({
    imports: [
      ByokModule.forRoot({
        secret: SECRET,
        path: 'own-keys',
        resolveUser: (request: ByokRequest) => (request as AppRequest).session['user'] as string | undefined,
        ...options,
      }),
    ],
    controllers: [KeysController],
  })
  class SessionAppModule {}
  return SessionAppModule;
}

function rawOf(request: AppRequest): Record<string, string> {
  return (request.session['raw'] ?? {}) as Record<string, string>;
}

/** A browser, as far as cookies go: the same session whichever instance it talks to. */
export class Browser {
  #cookie: string | undefined;

  constructor(cookie?: string) {
    this.#cookie = cookie;
  }

  get cookie(): string | undefined {
    return this.#cookie;
  }

  /** The id of the session, which both platforms put into the cookie with a signature. */
  get sessionId(): string {
    return /=(?:s%3A)?([^.]+)\./.exec(this.#cookie!)![1];
  }

  async send(
    method: string,
    url: string,
    body: object = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const hasBody = method !== 'GET' && method !== 'DELETE';
    const response = await fetch(url, {
      method,
      headers: {
        ...(this.#cookie && { cookie: this.#cookie }),
        ...(hasBody && { 'content-type': 'application/json' }),
      },
      ...(hasBody && { body: JSON.stringify(body) }),
    });
    const [set] = response.headers.getSetCookie();
    if (set) this.#cookie = set.split(';')[0];
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
  }
}
