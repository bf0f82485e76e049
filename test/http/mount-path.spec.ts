import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  type ModuleMetadata,
  RequestMethod,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import express from 'express';
import { createServer } from 'node:http';
import supertest from 'supertest';
import { ByokModule, type ByokModuleOptions, RequireApiKey } from '../../lib/index.js';
import { byokAssets } from '../../lib/views/index.js';
import { type EdgeApp, SAME_SITE, startEdge } from '../support/edge-app.js';
import { listenLocally } from '../support/local-server.js';
import { PLATFORMS } from '../support/platforms.js';
import { startRewritingProxy, walkSite } from '../support/site-walk.js';

@Controller({ path: 'chat', version: VERSION_NEUTRAL })
class Chat {
  @Get()
  @RequireApiKey('openai')
  chat() {
    return 'chatted';
  }
}

interface Mount {
  options?: Partial<ByokModuleOptions>;
  imports?: NonNullable<ModuleMetadata['imports']>;
  configure?: (nest: INestApplication) => unknown;
  /** What a proxy in front makes of a path. */
  rewrite?: (path: string) => string | undefined;
  /** Where browsers find the pages, and the application's own. */
  pages: string;
  chat?: string;
}

const prefix = (exclude: (string | { path: string; method: RequestMethod })[]) => (nest: INestApplication) =>
  nest.setGlobalPrefix('api', { exclude });
const strip = (from: string, to: string) => (path: string) =>
  path.startsWith(from) && /^([/?]|$)/.test(path.slice(from.length)) ? to + path.slice(from.length) : undefined;

const MOUNTS: Record<string, Mount> = {
  'nothing special': { pages: '/byok', chat: '/chat' },
  'a path of its own': { options: { path: 'settings/keys' }, pages: '/settings/keys', chat: '/chat' },
  RouterModule: {
    imports: [RouterModule.register([{ path: 'admin', module: ByokModule }])],
    pages: '/admin/byok',
    chat: '/chat',
  },
  'RouterModule, as a child and with a prefix': {
    imports: [RouterModule.register([{ path: 'admin', children: [{ path: '/own/', module: ByokModule }] }])],
    configure: (nest) => nest.setGlobalPrefix('/api/'),
    pages: '/api/admin/own/byok',
    chat: '/api/chat',
  },
  'a prefix': { configure: (nest) => nest.setGlobalPrefix('api'), pages: '/api/byok', chat: '/api/chat' },
  'a prefix that excludes all of it': {
    configure: prefix(['byok', 'byok/{*path}']),
    pages: '/byok',
    chat: '/api/chat',
  },
  'a prefix that excludes all of it in one': { configure: prefix(['byok{/*path}']), pages: '/byok', chat: '/api/chat' },
  'a prefix that excludes each method of it': {
    configure: prefix(
      [RequestMethod.GET, RequestMethod.POST, RequestMethod.PUT, RequestMethod.PATCH, RequestMethod.DELETE].map(
        (method) => ({
          path: 'byok{/*path}',
          method,
        }),
      ),
    ),
    pages: '/byok',
    chat: '/api/chat',
  },
  'a prefix that excludes something else': { configure: prefix(['chat']), pages: '/api/byok', chat: '/chat' },
  'RouterModule and a prefix that excludes it': {
    imports: [RouterModule.register([{ path: 'admin', module: ByokModule }])],
    configure: prefix(['admin/byok{/*path}']),
    pages: '/admin/byok',
    chat: '/api/chat',
  },
  'RouterModule and a prefix that excludes the path without it': {
    imports: [RouterModule.register([{ path: 'admin', module: ByokModule }])],
    configure: prefix(['byok{/*path}']),
    pages: '/api/admin/byok',
    chat: '/api/chat',
  },
  'versions in the path': {
    configure: (nest) =>
      nest.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    pages: '/api/byok',
    chat: '/api/chat',
  },
  'a proxy that removes a prefix': {
    options: { publicPath: '/tool/byok' },
    rewrite: strip('/tool', ''),
    pages: '/tool/byok',
    chat: '/tool/chat',
  },
  'a proxy that removes a prefix, before another': {
    options: { publicPath: 'tool/api/byok/' },
    configure: (nest) => nest.setGlobalPrefix('api'),
    rewrite: strip('/tool', ''),
    pages: '/tool/api/byok',
    chat: '/tool/api/chat',
  },
  'a proxy that adds a prefix': {
    options: { publicPath: '/byok' },
    configure: (nest) => nest.setGlobalPrefix('inner'),
    rewrite: strip('', '/inner'),
    pages: '/byok',
    chat: '/chat',
  },
  'a proxy that replaces a prefix': {
    options: { publicPath: '/outer/x/byok' },
    configure: (nest) => nest.setGlobalPrefix('inner'),
    rewrite: strip('/outer/x', '/inner'),
    pages: '/outer/x/byok',
    chat: '/outer/x/chat',
  },
  'a proxy that renames the pages': {
    options: { publicPath: '/my%20keys' },
    rewrite: strip('/my%20keys', '/byok'),
    pages: '/my%20keys',
  },
  'a proxy that has the pages at its root': { options: { publicPath: '/' }, rewrite: strip('', '/byok'), pages: '/' },
};

describe.each(PLATFORMS)('Where the pages are on %s', (platform) => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start({ options, ...mount }: Partial<Mount>): Promise<EdgeApp> {
    const all = { rateLimit: false, ...options, dashboard: { signInUrl: '/sign-in' } } as const;
    const app = await startEdge({ ...mount, platform, controllers: [Chat], options: all });
    closing.push(app.close);
    return app;
  }

  async function open(mount: Mount) {
    const app = await start(mount);
    const proxy = mount.rewrite && (await startRewritingProxy(app.url, mount.rewrite));
    if (proxy) closing.push(proxy.close);
    return supertest.agent(proxy?.url ?? app.url).set({ ...SAME_SITE, 'X-Test-User': 'alice' });
  }

  it.each(Object.entries(MOUNTS))('leads nowhere else with %s', async (_, mount) => {
    const browser = await open(mount);
    const { pages, chat } = mount;
    const base = pages.replace(/\/$/, '');
    const walk = await walkSite(browser, chat ?? pages, pages);
    expect(walk).toEqual({
      ...(chat !== undefined && { [`GET ${chat}`]: 200 }),
      [`GET ${pages}`]: 200,
      [`GET ${base}/clear`]: 200,
      [`GET ${base}/assets/${byokAssets().stylesheet.fileName}`]: 200,
      [`GET ${base}/assets/${byokAssets().script.fileName}`]: 200,
      [`POST ${base}/keys`]: 303,
      [`POST ${base}/keys/openai`]: 303,
      // Where the first key was stored on another page, there are two to choose from.
      ...(chat !== undefined && { [`POST ${base}/keys/openai/default`]: 303 }),
      [`POST ${base}/keys/openai/delete`]: 303,
      [`POST ${base}/keys/openai/edit`]: 303,
      [`POST ${base}/keys/clear`]: 303,
    });
  });

  it.each(Object.entries(MOUNTS).filter(([, { chat }]) => chat))(
    'leads back to where somebody was, with %s',
    async (_, mount) => {
      const { pages, chat = '' } = mount;
      const browser = await open(mount);
      const manage = await browser.get(chat).set('Accept', 'application/json').expect(403);
      expect(manage.body).toMatchObject({ code: 'BYOK_KEY_REQUIRED', manageUrl: pages });
      // Each page of it, and back to the one that asked for the key.
      const asked = await browser.get(`${chat}?about=a%20b`).set('Accept', 'text/html').expect(403);
      expect(asked.text).toContain(`name="return_to" value="${chat}?about=a%20b"`);
      const form = { ...hiddenIn(asked.text), api_key: 'an-example-of-an-api-key-1f9c' };
      const saved = await browser.post(`${pages}/keys/openai`).type('form').send(form).expect(303);
      expect(saved.headers['location']).toBe(`${chat}?about=a%20b`);
      await browser.get(saved.headers['location']).expect(200, 'chatted');
    },
  );

  it.each(Object.entries(MOUNTS))('shows once what a form did, with %s', async (_, mount) => {
    const browser = await open(mount);
    const signed = supertest.agent(new URL(browser.get('/').url).origin).set(SAME_SITE);
    const page = await signed.get(mount.pages).expect(200);
    const form = { ...hiddenIn(page.text), api_key: 'an-example-of-an-api-key-1f9c', provider: 'openai' };
    const to = `${mount.pages.replace(/\/$/, '')}/keys`;
    const saved = await signed.post(to).type('form').send(form).expect(303);
    expect(saved.headers['location']).toBe(mount.pages);
    expect((await signed.get(mount.pages).expect(200)).text).toContain('byok-alert-success');
    expect((await signed.get(mount.pages).expect(200)).text).not.toContain('byok-alert-success');
  });

  it.each<[string, Partial<Mount>, string]>([
    ['the first page alone', { configure: prefix(['byok']) }, 'excludes GET /byok and not'],
    ['all but the first page', { configure: prefix(['byok/{*path}']) }, 'and not GET /byok:'],
    [
      'what is read',
      { configure: prefix([{ path: 'byok{/*path}', method: RequestMethod.GET }]) },
      'and not PUT /byok/api',
    ],
    ['the JSON API', { configure: prefix(['byok/api/{*path}']) }, "exclude: ['byok', 'byok/{*path}']"],
    [
      'one page below another path',
      {
        imports: [RouterModule.register([{ path: 'admin', module: ByokModule }])],
        configure: prefix(['admin/byok']),
      },
      "exclude: ['admin/byok', 'admin/byok/{*path}']",
    ],
    ['a parameter in the prefix', { configure: (nest) => nest.setGlobalPrefix(':tenant') }, '/:tenant/byok'],
  ])('is refused at the start with %s', async (_, mount, message) => {
    await expect(start(mount)).rejects.toThrow(message);
  });

  it('takes parameters before the path if browsers have a fixed one', async () => {
    const browser = await open({
      options: { publicPath: '/byok' },
      configure: (nest) => nest.setGlobalPrefix(':tenant'),
      rewrite: strip('', '/acme'),
      pages: '/byok',
    });
    const page = await browser.get('/byok').expect(200);
    expect(page.text).toContain('href="/byok/assets/');
  });
});

it('finds the path of an Express application that is mounted in another', async () => {
  const inner = await startEdge({ options: { rateLimit: false }, controllers: [Chat] });
  const outer = express().use('/tool', inner.nest.getHttpAdapter().getInstance() as express.Express);
  const site = await listenLocally(createServer(outer));
  try {
    const browser = supertest.agent(site.url).set({ ...SAME_SITE, 'X-Test-User': 'alice' });
    const walk = await walkSite(browser, '/tool/chat', '/tool/byok');
    expect(Object.keys(walk)).toContain('POST /tool/byok/keys/openai/delete');
    expect(Object.entries(walk).filter(([name, status]) => status > 303 && name !== 'GET /tool/chat')).toEqual([]);
  } finally {
    await site.close();
    await inner.close();
  }
});

function hiddenIn(html: string): Record<string, string> {
  const inputs = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...inputs].map(([, name, value]) => [name, value]));
}
