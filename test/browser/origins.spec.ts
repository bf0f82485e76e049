import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { generate } from 'selfsigned';
import { CHROMIUM } from '../support/browser.js';
import { launchChromium } from '../support/chromium.mjs';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

const blank = (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Front end</title>');

/** CORS of an application that allows everybody everything: what remains is the library's own rule. */
function allowEverybody(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const { origin, 'access-control-request-headers': names } = request.headers;
  if (origin !== undefined) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Allow-Methods', 'PUT, PATCH, DELETE');
    if (names !== undefined) response.setHeader('Access-Control-Allow-Headers', names);
  }
  if (request.method === 'OPTIONS') response.writeHead(204).end();
  else next();
}

(CHROMIUM ? describe : describe.skip).each(PLATFORMS)('Origins in a browser, on %s', (platform) => {
  let servers: Server[];
  let apps: Record<'plain' | 'tls', EdgeApp>;
  let browser: Browser;
  let local: { frontEnd: string; other: string; app: string };

  beforeAll(async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'site.test' }], { keySize: 2048 });
    const tls = { key, cert };
    servers = [createServer(blank), createTlsServer(tls, blank)];
    const [plainPort, tlsPort] = await Promise.all(servers.map(listen));
    const options = {
      // As behind a proxy, with names instead of ports: what Chromium is given below.
      publicOrigins: [
        'http://app.site.test',
        'http://spa.site.test',
        'https://spa.site.test',
        'https://spa.test',
        'http://spa.test',
        `http://127.0.0.1:${plainPort}`,
      ],
      rateLimit: false,
      https: 'off',
      providers: { openai: { name: 'OpenAI' } },
      resolveUser: ({ user, headers }: { user?: unknown; headers: Record<string, unknown> }) =>
        (user as { id?: string } | undefined)?.id ??
        (headers['authorization'] === 'Bearer of-alice' ? 'alice' : undefined),
    } as const;
    const configure = (nest: { use(middleware: typeof allowEverybody): unknown }) => void nest.use(allowEverybody);
    const setup = { platform, options: { ...options, publicOrigins: [...options.publicOrigins] }, configure };
    apps = { plain: await startEdge(setup), tls: await startEdge({ ...setup, tls }) };
    const portOf = ({ url }: EdgeApp) => new URL(url).port;
    const rules = [
      `MAP app.site.test 127.0.0.1:${portOf(apps.plain)}`,
      `MAP secure.site.test 127.0.0.1:${portOf(apps.tls)}`,
    ];
    for (const host of ['spa', 'evil']) {
      for (const domain of ['site.test', 'test']) {
        rules.push(`MAP ${host}.${domain}:80 127.0.0.1:${plainPort}`, `MAP ${host}.${domain}:443 127.0.0.1:${tlsPort}`);
      }
    }
    browser = await launchChromium(CHROMIUM!, [`--host-resolver-rules=${rules.join(',')}`]);
    local = {
      frontEnd: `http://127.0.0.1:${plainPort}`,
      other: `http://localhost:${plainPort}`,
      app: apps.plain.url.replace('127.0.0.1', 'localhost'),
    };
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([apps.plain.close(), apps.tls.close()]);
    for (const server of servers) server.close();
  });

  /** A fresh profile that is signed in to the application. */
  async function signedIn(app: string): Promise<BrowserContext> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    // Any page of the application, without a stylesheet and a script.
    await page.goto(`${app}/absent`);
    const status = await page.evaluate(async () => (await fetch('/sign-in?user=alice', { method: 'POST' })).status);
    expect(status).toBe(204);
    await page.close();
    return context;
  }

  async function open(context: BrowserContext, url: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** What a script of a page gets as an answer from an application of another origin. */
  function put(page: Page, app: string, by: 'cookie' | 'token'): Promise<number | string> {
    return page.evaluate(
      async ({ url, by, apiKey }) => {
        const headers = {
          'Content-Type': 'application/json',
          ...(by === 'token' && { Authorization: 'Bearer of-alice' }),
        };
        const credentials = by === 'cookie' ? 'include' : 'omit';
        try {
          const response = await fetch(url, { method: 'PUT', headers, credentials, body: JSON.stringify({ apiKey }) });
          return `${response.status} ${((await response.json()) as { code?: string }).code ?? ''}`.trim();
        } catch (error) {
          return String(error);
        }
      },
      { url: `${app}/byok/api/keys/openai`, by, apiKey: KEY },
    );
  }

  const REFUSED = '403 BYOK_CSRF';
  const ANSWERS = [
    // Origin of the page, the application's, and what it gets with a cookie and with a token.
    ['http://spa.site.test', 'http://app.site.test', '200', '200'],
    ['http://evil.site.test', 'http://app.site.test', REFUSED, '200'],
    ['https://spa.site.test', 'https://secure.site.test', '200', '200'],
    ['https://evil.site.test', 'https://secure.site.test', REFUSED, '200'],
    ['https://spa.test', 'https://secure.site.test', undefined, '200'],
    ['https://evil.test', 'https://secure.site.test', REFUSED, '200'],
  ] as const;

  it.each(ANSWERS)('%s at %s: %s with a cookie, %s with a token', async (from, app, byCookie, byToken) => {
    const context = await signedIn(app);
    try {
      const page = await open(context, from);
      if (byCookie !== undefined) expect(await put(page, app, 'cookie')).toBe(byCookie);
      expect(await put(page, app, 'token')).toBe(byToken);
    } finally {
      await context.close();
    }
  });

  it('two ports of one machine: that which is listed may write, the other one not', async () => {
    const context = await signedIn(local.app);
    try {
      expect(await put(await open(context, local.other), local.app, 'cookie')).toBe(REFUSED);
      expect(await put(await open(context, local.frontEnd), local.app, 'token')).toBe('200');
      const same = await signedIn(apps.plain.url);
      expect(await put(await open(same, local.frontEnd), apps.plain.url, 'cookie')).toBe('200');
      await same.close();
    } finally {
      await context.close();
    }
  });

  it.each([
    ['http://app.site.test', true],
    ['http://app.site.test', false],
    ['https://secure.site.test', true],
    ['https://secure.site.test', false],
  ])('forms of the pages are taken at %s (JavaScript: %s)', async (app, javaScriptEnabled) => {
    const signed = await signedIn(app);
    const storageState = await signed.storageState();
    await signed.close();
    const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled, storageState });
    context.setDefaultTimeout(60_000);
    try {
      const page = await context.newPage();
      await page.goto(`${app}/byok`);
      const input = page.locator('.byok-card input[name=api_key]').filter({ visible: true }).first();
      await input.fill(KEY);
      const answered = page.waitForResponse((response) => response.request().method() === 'POST');
      await input.press('Enter');
      expect((await answered).status()).toBe(303);
      await page.locator('code').getByText('…1f9c').first().waitFor();
      await page.goto(`${app}/byok/clear`);
      const cleared = page.waitForResponse((response) => response.request().method() === 'POST');
      await page.locator('main form button[type=submit]').click();
      expect((await cleared).status()).toBe(303);
    } finally {
      await context.close();
    }
  });
});
