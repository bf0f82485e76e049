import { expect } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SignJWT } from 'jose';
import type { InlineConfig } from 'vite';
import { createServer } from 'vite';
import { bench, KEY, load, start, type Runs } from '../bench.js';

const SECRET = 'a-secret-of-the-tests-for-tokens-1f9c';

async function tokenOf(sub: string | undefined, expires = '1h', secret = SECRET): Promise<string> {
  const token = new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expires);
  return (sub === undefined ? token : token.setSubject(sub)).sign(new TextEncoder().encode(secret));
}

type Send = (method: string, path: string, token?: string, body?: object) => Promise<number>;

function sendTo(url: string): Send {
  return async (method, path, token, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return response.status;
  };
}

/** Who has a token is the user that it names, and nobody else is. */
async function expectTokens(send: Send, user: string): Promise<void> {
  const token = await tokenOf(user);
  expect(await send('PUT', '/byok/api/keys/openai', token, { apiKey: KEY })).toBe(200);
  expect(await send('GET', '/byok/api/keys', token)).toBe(200);
  for (const wrong of [
    await tokenOf(user, '-1h'),
    await tokenOf(user, '1h', 'another-secret-of-the-tests-for-tokens'),
    await tokenOf(undefined),
    'not-a-token',
  ]) {
    expect(await send('GET', '/byok/api/keys', wrong)).toBe(401);
  }
  expect(await send('GET', '/byok/api/keys')).toBe(401);
}

/** Snippets of docs/recipes.md. */
export const RECIPES_RUNS: Runs = {
  'passport.module.ts': async () => {
    process.env['JWT_SECRET'] = SECRET;
    const { PassportModule } = await load<{ PassportModule: never }>('passport.module.ts');
    const app = await start(PassportModule);
    const send = sendTo(app.url);
    await expectTokens(send, 'pam');
    expect(await send('GET', '/chat', await tokenOf('pam'))).toBe(200);
    expect(await send('GET', '/chat', await tokenOf('pat'))).toBe(403);
    expect(await send('GET', '/chat')).toBe(401);
    expect(await send('GET', '/byok')).toBe(401);
  },

  'jwt-user.ts': async () => {
    process.env['JWT_SECRET'] = SECRET;
    const { byok } = await load<{ byok: never }>('jwt-user.ts');
    const app = await start(byok);
    await expectTokens(sendTo(app.url), 'jo');
  },

  'single-page.ts': async () => {
    const { byok, allowFrontEnd } = await load<{ byok: never; allowFrontEnd(app: INestApplication): void }>(
      'single-page.ts',
    );
    class SinglePageModule {}
    Module({ imports: [byok] })(SinglePageModule);
    const app = await NestFactory.create(SinglePageModule, { logger: false });
    bench.apps.push(app);
    allowFrontEnd(app);
    app.use((request: { user?: object }, _response: unknown, next: () => void) => {
      request.user = { id: 'sid' };
      next();
    });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const call = (method: string, origin: string, more: Record<string, string> = {}) =>
      fetch(`${url}/byok/api/keys/openai`, {
        method,
        headers: {
          origin,
          'sec-fetch-site': 'cross-site',
          cookie: 'a=cookie',
          'content-type': 'application/json',
          ...more,
        },
        ...(method === 'PUT' && { body: JSON.stringify({ apiKey: KEY }) }),
      });
    const preflight = await call('OPTIONS', 'https://app.example.com', { 'access-control-request-method': 'PUT' });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    const stored = await call('PUT', 'https://app.example.com');
    expect([stored.status, stored.headers.get('access-control-allow-credentials')]).toEqual([200, 'true']);
    expect((await call('PUT', 'https://evil.example')).status).toBe(403);
  },

  'single-page-client.ts': async () => {
    const { storeKey } = await load<{ storeKey(...args: string[]): Promise<void> }>('single-page-client.ts');
    const sent: unknown[] = [];
    globalThis.fetch = (async (url: string, init: RequestInit) => {
      sent.push(url, init.method, init.credentials);
      return new Response(JSON.stringify({ message: 'Sign in first.' }), { status: sent.length > 3 ? 401 : 200 });
    }) as typeof fetch;
    await storeKey('https://api.example.com', 'openai', KEY);
    await expect(storeKey('https://api.example.com', 'a/b', KEY)).rejects.toThrow('Sign in first.');
    expect(sent).toEqual([
      ...['https://api.example.com/byok/api/keys/openai', 'PUT', 'include'],
      ...['https://api.example.com/byok/api/keys/a%2Fb', 'PUT', 'include'],
    ]);
  },

  'mobile-client.ts': async () => {
    process.env['JWT_SECRET'] = SECRET;
    const { byok } = await load<{ byok: never }>('jwt-user.ts');
    const { listProviders } = await load<{ listProviders(...args: string[]): Promise<string[]> }>('mobile-client.ts');
    const app = await start(byok);
    await app.byok.setKey({ userId: 'mo' }, 'openai', KEY);
    expect(await listProviders(app.url, await tokenOf('mo'))).toEqual(['openai']);
  },

  'vite.config.ts': async () => {
    const app = await start(
      bench.library.ByokModule.forRoot({ secret: process.env['BYOK_SECRET']!, db: bench.database.url }),
    );
    process.env['API_URL'] = app.url;
    const config = (await load<{ default: InlineConfig }>('vite.config.ts')).default;
    const proxy = await createServer({
      ...config,
      configFile: false,
      root: bench.consumer.folder,
      logLevel: 'silent',
      optimizeDeps: { noDiscovery: true },
      server: { ...config.server, port: 0, host: '127.0.0.1' },
    });
    try {
      await proxy.listen();
      const { port } = proxy.httpServer!.address() as { port: number };
      const url = `http://127.0.0.1:${port}/byok`;
      const headers = { 'sec-fetch-site': 'same-origin', 'x-test-user': 'vi' };
      const page = await fetch(url, { headers });
      const html = await page.text();
      expect([page.status, /action="([^"]+)"/.exec(html)?.[1]]).toEqual([200, '/byok/keys']);
      const body = new URLSearchParams({
        _csrf: /name="_csrf" value="([^"]+)"/.exec(html)![1],
        provider: 'openai',
        api_key: KEY,
        mode: 'add',
      });
      const cookie = page.headers.getSetCookie()[0].split(';')[0];
      const stored = await fetch(`${url}/keys`, {
        method: 'POST',
        headers: { ...headers, cookie },
        body,
        redirect: 'manual',
      });
      expect([stored.status, stored.headers.get('location')]).toEqual([303, '/byok']);
      expect(await app.byok.listKeys({ userId: 'vi' })).toHaveLength(1);
    } finally {
      await proxy.close();
      delete process.env['API_URL'];
    }
  },
};
