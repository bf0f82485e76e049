import { expect, jest } from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { messages } from '../../../lib/messages/index.js';
import { bench, KEY, load, start, startAppModule, type Runs } from '../bench.js';
import { network } from './network.js';
import { tellsRefusalsOnce } from './refusals.js';
import { runOnFastify } from './sessions.js';

/** Snippets of options, providers, http-api, fastify, pages-and-components. */
export const HTTP_RUNS: Runs = {
  'audited.module.ts': async () => {
    const app = await start((await load<{ AuditedModule: never }>('audited.module.ts')).AuditedModule);
    const log = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    const { expiresAt, createdAt } = await app.byok.setKey({ userId: 'hank' }, 'openai', KEY);
    expect(log.mock.calls).toEqual([['stored openai/default of user hank']]);
    log.mockRestore();
    expect(Math.round((expiresAt!.getTime() - createdAt.getTime()) / 86_400_000)).toBe(90);
  },

  'providers.ts': async () => {
    const { providers } = await load<{ providers: never }>('providers.ts');
    const app = await start(
      bench.library.ByokModule.forRoot({ secret: process.env['BYOK_SECRET']!, db: bench.database.url, providers }),
    );
    const put = async (provider: string, body: Record<string, unknown>) =>
      (await app.send('gina', 'PUT', `/byok/api/keys/${provider}`, body)).status;
    expect(await put('openai', { apiKey: KEY })).toBe(200);
    expect(await put('openai', { apiKey: KEY.slice(3) })).toBe(200);
    expect(await put('openai', { apiKey: 'sk-…1f9c' })).toBe(422);
    expect(await put('vertex-ai', { apiKey: '{\n  "type": "example"\n}\n' })).toBe(200);
    expect(await put('vertex-ai', { apiKey: KEY })).toBe(422);
    const apiKey = '0123456789abcdef'.repeat(2);
    expect(await put('azure-openai', { apiKey })).toBe(400);
    expect(await put('azure-openai', { apiKey, fields: { endpoint: 'http://example.com' } })).toBe(400);
    expect(await put('azure-openai', { apiKey, fields: { endpoint: 'https://example.com' } })).toBe(200);
    expect(await put('azure-openai', { apiKey: KEY, fields: { endpoint: 'https://example.com' } })).toBe(422);
  },

  'catalogue.ts': async () => {
    const { catalogue } = await load<{ catalogue: Record<string, never> }>('catalogue.ts');
    expect(Object.keys(catalogue)).toEqual(['openai', 'anthropic', 'openai-compatible', 'google-gemini']);
    const app = await start(
      bench.library.ByokModule.forRoot({
        secret: process.env['BYOK_SECRET']!,
        db: bench.database.url,
        providers: catalogue,
      }),
    );
    const put = async (provider: string, body: Record<string, unknown>) =>
      (await app.send('gina', 'PUT', `/byok/api/keys/${provider}`, body)).status;
    expect(await put('openai', { apiKey: KEY })).toBe(200);
    expect(await put('anthropic', { apiKey: KEY })).toBe(200);
    expect(await put('openai', { apiKey: 'sk-ant-' + KEY })).toBe(422);
    expect(await put('openai-compatible', { apiKey: KEY })).toBe(400);
  },

  'front-end.ts': async () => {
    const app = await startAppModule();
    const { saveKey } = await load<{ saveKey(provider: string, apiKey: string): Promise<{ hint: string }> }>(
      'front-end.ts',
    );
    // What a browser adds by itself: the origin of the page, whose it is, and where the request comes from.
    globalThis.fetch = ((path: string, init: RequestInit) =>
      network(app.url + path, {
        ...init,
        headers: { ...init.headers, 'sec-fetch-site': 'same-origin', 'x-test-user': 'ivy' },
      })) as typeof fetch;
    expect(await saveKey('openai', KEY)).toMatchObject({ hint: '…1f9c' });
    await expect(saveKey('openai', 'short')).rejects.toThrow('A key has at least 8 characters');
  },

  'open-api.ts': async () => {
    const { createDocument } = await load<{ createDocument(app: INestApplication): OpenAPIObject }>('open-api.ts');
    const { paths, components } = createDocument((await startAppModule()).nest);
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/chat', '/byok/api/keys/{provider}']));
    expect(Object.keys(paths).filter((path) => path.startsWith('/byok') && !path.startsWith('/byok/api/'))).toEqual([]);
    expect(components!.schemas).toHaveProperty('ByokStoredKey');
  },

  'fastify.ts': () => runOnFastify(load, bench.library.ByokService),

  'pages.module.ts': async () => {
    const app = await start((await load<{ byok: never }>('pages.module.ts')).byok);
    const { text } = (await app.send('alice', 'GET', '/byok')).body;
    expect(text).toContain('<html lang="en" dir="ltr">');
    expect(text).toMatch(/<meta name="viewport"[^]*<title>Keys &#38; providers<\/title>/);
    expect(text).toContain('<nav>My application</nav><div class="byok byok-main" data-theme="light">');
    expect(text).toContain('Bring another key');
    const german = { headers: { 'x-test-user': 'alice', 'accept-language': 'de' } };
    const page = await (await fetch(`${app.url}/byok`, german)).text();
    expect(page).toMatch(/<html lang="en"[^]*Bring another key[^]*Save/);
    expect(page).not.toContain(messages.de.noKey);
    const stylesheet = /href="(\/byok\/assets\/[^"]+\.css)"/.exec(text as string)![1];
    expect((await app.send(undefined, 'GET', stylesheet)).status).toBe(200);
  },

  'public-path.ts': async () => {
    const app = await start((await load<{ byok: never }>('public-path.ts')).byok);
    const { text } = (await app.send('alice', 'GET', '/byok')).body;
    expect(text).toContain('action="/tool/byok/keys"');
    expect(text).not.toContain('"/byok');
  },

  'components.ts': async () => {
    const { SettingsController } = await load<{ SettingsController: never }>('components.ts');
    const settings = { module: class Settings {}, controllers: [SettingsController] };
    const app = await startAppModule(settings);
    const { text } = (await app.send('mia', 'GET', '/settings')).body;
    expect(text).toMatch(/byok\.[0-9a-f]{16}\.css.*byok\.[0-9a-f]{16}\.js.*name="_csrf" value=".+"\/settings"/s);
    await tellsRefusalsOnce(app, messages.en.fillInKey);
  },
};
