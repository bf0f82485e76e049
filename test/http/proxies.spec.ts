import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Req } from '@nestjs/common';
import { get } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { generate } from 'selfsigned';
import { ConfigurationError, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, KEY, SAME_SITE, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { type ForwardedProto, startProxy } from '../support/forwarding-proxy.js';
import { PLATFORMS } from '../support/platforms.js';

@Controller()
class Own {
  /** What an application sees that asks its platform alone. */
  @Get('platform')
  platform(@Req() { protocol }: { protocol: string }) {
    return { secure: protocol === 'https' };
  }

  @Get('chat')
  @RequireApiKey('openai')
  chat() {
    return 'chatted';
  }
}

const JSON_BODY = { ...SAME_SITE, 'content-type': 'application/json' };
const REFUSAL = {
  statusCode: 403,
  code: 'BYOK_HTTPS_REQUIRED',
  message: 'Use https: keys are not taken or shown over an unencrypted connection.',
};

/** Every kind of request of ours, as a client sends it. */
const REQUESTS: [string, string, Record<string, string>, string?][] = [
  ['GET', '/byok', { accept: 'text/html' }],
  ['HEAD', '/byok', {}],
  ['GET', '/byok/api/keys', {}],
  ['PUT', '/byok/api/keys/openai', JSON_BODY, JSON.stringify({ apiKey: KEY })],
  ['DELETE', '/byok/api/keys', SAME_SITE],
  ['POST', '/byok/keys', { ...SAME_SITE, 'content-type': 'application/x-www-form-urlencoded' }, `api_key=${KEY}`],
];

describe.each(PLATFORMS)("https: 'block' behind a real proxy on %s", (platform) => {
  let trusting: EdgeApp;
  let distrustful: EdgeApp;

  beforeAll(async () => {
    const options = { https: 'block', rateLimit: false } as const;
    const controllers = [Own];
    trusting = await startEdge({ platform, options, controllers, trust: 'loopback' });
    distrustful = await startEdge({ platform, options, controllers });
  });
  afterAll(async () => {
    await trusting.close();
    await distrustful.close();
  });

  async function through(app: EdgeApp, does: ForwardedProto, proto: string, claim?: string) {
    const proxy = await startProxy(app.url, does, proto);
    const user = { 'x-test-user': 'alice', ...(claim !== undefined && { 'x-forwarded-proto': claim }) };
    try {
      const answers = [];
      for (const [method, path, headers, body] of REQUESTS) {
        const answer = await fetch(proxy.url + path, {
          method,
          headers: { ...user, ...headers },
          body,
          redirect: 'manual',
        });
        answers.push({ path, method, answer, text: await answer.text() });
      }
      const platform = await (await fetch(`${proxy.url}/platform`, { headers: user })).json();
      return { answers, platform: platform as { secure: boolean } };
    } finally {
      await proxy.close();
    }
  }

  it.each<[string, ForwardedProto, string, string | undefined, boolean]>([
    ['that overwrites with https', 'overwrites', 'https', undefined, true],
    ['that overwrites with https what a client says', 'overwrites', 'https', 'http', true],
    ['that overwrites with http what a client claims', 'overwrites', 'http', 'https', false],
    ['that appends http to what a client claims', 'appends', 'http', 'https', false],
    ['that appends https to what a client claims', 'appends', 'https', 'https', false],
    ['that appends https to nothing', 'appends', 'https', undefined, true],
    ['that removes what a client claims', 'removes', 'http', 'https', false],
    ['that says nothing, of a client that says nothing', 'passes on', 'http', undefined, false],
    ['that overwrites with another word', 'overwrites', 'HTTPS', undefined, false],
    ['that overwrites with a web socket', 'overwrites', 'wss', undefined, false],
  ])('with one %s', async (_, does, proto, claim, isSecure) => {
    const { answers } = await through(trusting, does, proto, claim);
    for (const { path, method, answer, text } of answers) {
      const what = `${method} ${path}`;
      expect([what, Object.fromEntries(answer.headers)]).toMatchObject([what, SECURITY_HEADERS]);
      expect([what, answer.headers.get('location')]).toEqual([what, null]);
      const hsts = answer.headers.get('strict-transport-security');
      expect([what, hsts]).toEqual([what, isSecure ? 'max-age=31536000' : null]);
      if (isSecure) {
        expect([what, text.includes('BYOK_HTTPS_REQUIRED')]).toEqual([what, false]);
        continue;
      }
      expect([what, answer.status]).toEqual([what, 403]);
      if (answer.headers.get('content-type')?.startsWith('text/html')) {
        expect(text).toContain('Use https');
        expect(text).not.toContain('<form');
      } else if (method !== 'HEAD') expect(JSON.parse(text)).toEqual(REFUSAL);
      expect(text).not.toContain(KEY);
    }
    const pages = answers.filter(({ answer }) => answer.headers.get('content-type')?.startsWith('text/html'));
    expect(pages).not.toEqual([]);
  });

  it('needs more than what Express says: an appending proxy makes that the client’s word', async () => {
    expect((await through(trusting, 'appends', 'http', 'https')).platform).toEqual({ secure: platform === 'express' });
    // Nothing can tell a proxy that passes a claim on from one that makes it: the operator's to set up.
    expect((await through(trusting, 'passes on', 'http', 'https')).answers[2].answer.status).toBe(200);
  });

  it('believes no proxy that the platform was not told of', async () => {
    const { answers } = await through(distrustful, 'overwrites', 'https');
    for (const { answer } of answers) {
      expect([answer.status, answer.headers.get('strict-transport-security')]).toEqual([403, null]);
    }
  });
});

describe.each(PLATFORMS)('TLS of the application’s own on %s', (platform) => {
  it('is secure, whatever a header says; only answers that came by it ask for more of it', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const app = await startEdge({ platform, options: { https: 'block' }, controllers: [Own], tls: { key, cert } });
    const ask = (path: string, headers = {}) =>
      new Promise<{ status: number; headers: IncomingHttpHeaders }>((resolve, reject) => {
        const user = { 'x-test-user': 'alice', ...headers };
        get(app.url + path, { ca: cert, headers: user, checkServerIdentity: () => undefined }, (answer) => {
          answer.resume().on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers }));
        }).on('error', reject);
      });
    try {
      for (const [path, status] of [
        ['/byok', 200],
        ['/byok/api/keys', 200],
        ['/byok/api/absent', 404],
        ['/chat', 403],
      ] as const) {
        const answer = await ask(path);
        expect([path, answer.status]).toEqual([path, status]);
        expect(answer.headers).toMatchObject({ ...SECURITY_HEADERS, 'strict-transport-security': 'max-age=31536000' });
      }
      expect((await ask('/byok', { 'x-forwarded-proto': 'http' })).status).toBe(200);
      expect((await ask('/platform')).headers['strict-transport-security']).toBeUndefined();
    } finally {
      await app.close();
    }
  });

  it('is not asked of a developer’s own machine, nor in other words than the application’s', async () => {
    const trust = { platform, trust: 'loopback' };
    const https = { 'x-forwarded-proto': 'https' };
    const hsts = async ({ url }: EdgeApp, headers: Record<string, string>) =>
      (await fetch(`${url}/byok`, { headers })).headers.get('strict-transport-security');
    const warning = await startEdge({ ...trust, options: { https: 'warn' } });
    expect(await hsts(warning, https)).toBeNull();
    expect(await hsts(warning, { ...https, 'x-forwarded-for': '203.0.113.9' })).toBe('max-age=31536000');
    await warning.close();
    const off = await startEdge({ ...trust, options: { https: 'off' } });
    expect(await hsts(off, { ...https, 'x-forwarded-for': '203.0.113.9' })).toBeNull();
    await off.close();
    const own = 'max-age=60; includeSubDomains';
    const said = await startEdge({
      options: { https: 'block' },
      configure: (nest) => {
        nest.use((_: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
          response.setHeader('Strict-Transport-Security', own);
          next();
        });
      },
    });
    expect(await hsts(said, https)).toBe(own);
    await said.close();
  });
});

describe('Trust in every proxy', () => {
  const start = (trust: unknown, https: 'block' | 'warn' = 'block') => startEdge({ options: { https }, trust });

  it.each([
    ['true', true],
    ['every address', ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1']],
    ['a function that says yes', () => true],
  ])("refuses to start as %s with https: 'block', and says what to write", async (_, trust) => {
    const refused = start(trust);
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow("app.set('trust proxy', '10.0.0.0/8')");
    await (await start(trust, 'warn')).close();
  });

  it.each([
    ['loopback', 'loopback'],
    ['networks', ['10.0.0.0/8', '2001:db8::/32']],
    ['a number of proxies', 2],
    ['a function', (address: string) => address === '10.0.0.1'],
    ['nobody', false],
  ])('is not %s', async (_, trust) => {
    await (await start(trust)).close();
  });

  it.each<[unknown, boolean]>([
    [true, true],
    [() => true, true],
    ['127.0.0.1', false],
    [1, false],
    [undefined, false],
  ])('on Fastify: %p', async (trust, isRefused) => {
    const started = startEdge({ platform: 'fastify', options: { https: 'block' }, trust });
    // Their number is no advice there: Fastify would believe nobody, and every page would be refused.
    if (isRefused) await expect(started).rejects.toThrow(/new FastifyAdapter\(\{ trustProxy: '10\.0\.0\.0\/8' \}\)\.$/);
    else await (await started).close();
  });
});
