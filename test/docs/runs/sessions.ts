import { expect } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ByokService } from 'nestjs-byok';

const KEY = 'sk-an-example-of-an-api-key-1f9c';

/** What the applications of the snippets have installed beside the library and what it needs. */
export const INSTALLED = [
  ...['@nestjs/platform-express', '@nestjs/platform-fastify', '@fastify/cookie', '@fastify/session'],
  'express-session',
  '@nestjs/swagger',
  ...[
    '@nestjs/passport',
    'passport',
    'passport-jwt',
    '@types/passport-jwt',
    '@types/passport-strategy',
    '@types/passport',
    '@types/jsonwebtoken',
    'jose',
    'vite',
  ],
  '@jest/globals',
  ...['@types/express', '@types/express-session', '@types/node'],
];

/** Runs what gives an application on Express its sessions: a visitor stores a key, and nobody else sees it. */
export async function runOnExpress(load: <T>(name: string) => Promise<T>): Promise<void> {
  const { createApp } = await load<{ createApp(): Promise<NestExpressApplication> }>('sessions.ts');
  process.env['SESSION_SECRET'] = 'a-secret-of-the-tests-that-is-long';
  const app = await createApp();
  try {
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/byok/api/keys`;
    const stored = await fetch(`${url}/openai`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ apiKey: KEY }),
    });
    expect(await stored.json()).toMatchObject({ provider: 'openai', source: 'session' });
    const cookie = stored.headers.getSetCookie()[0].split(';')[0];
    const seen = async (headers: Record<string, string>) => (await (await fetch(url, { headers })).json()).keys;
    expect(await seen({ cookie })).toHaveLength(1);
    expect(await seen({})).toEqual([]);
  } finally {
    await app.close();
    delete process.env['SESSION_SECRET'];
  }
}

/** Runs what makes an application on Fastify: somebody saves a key in the form of their page. */
export async function runOnFastify(load: <T>(name: string) => Promise<T>, service: typeof ByokService): Promise<void> {
  const { createApp } = await load<{ createApp(): Promise<NestFastifyApplication> }>('fastify.ts');
  process.env['SESSION_SECRET'] = 'a-secret-of-the-tests-that-is-long';
  const app = await createApp();
  try {
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRequest', (request, _reply, done) => {
        Object.assign(request, { user: { id: request.headers['x-test-user'] } });
        done();
      });
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/byok`;
    const headers = { 'x-test-user': 'nina', accept: 'text/html', 'sec-fetch-site': 'same-origin' };
    const page = await fetch(url, { headers });
    const cookie = page.headers.getSetCookie()[0].split(';')[0];
    const token = /name="_csrf" value="([^"]+)"/.exec(await page.text())![1];
    const body = new URLSearchParams({ _csrf: token, provider: 'openai', api_key: KEY });
    const saved = await fetch(`${url}/keys`, { method: 'POST', headers: { ...headers, cookie }, body });
    expect(await saved.text()).toContain('was saved (…1f9c)');
    expect(await app.get(service).getKey({ userId: 'nina' }, 'openai')).toBe(KEY);
  } finally {
    await app.close();
    delete process.env['SESSION_SECRET'];
  }
}
