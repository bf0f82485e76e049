import { expect } from '@jest/globals';
import { Module } from '@nestjs/common';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ByokService, ProviderConfig, ResolvedApiKey } from 'nestjs-byok';
import { bench, KEY, load, start, type Runs } from '../bench.js';

const REFUSAL = {
  message: 'Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.',
  code: 'invalid_api_key',
};
const refusal = () => Object.assign(new Error(REFUSAL.message), { status: 401, headers: {}, error: REFUSAL });

/** An application with OpenAI at an address. */
async function startWithOpenAi(baseUrl: string, ...modules: object[]) {
  const { knownProvider } = await import('nestjs-byok/providers');
  const byok = bench.library.ByokModule.forRoot({
    secret: process.env['BYOK_SECRET']!,
    db: bench.database.url,
    providers: { openai: knownProvider('openai', { baseUrl }) },
  });
  return start(byok, ...(modules as []));
}

/** Snippets of refused keys. */
export const REFUSED_KEYS_RUNS: Runs = {
  'refused-chat.controller.ts': async () => {
    const server = createServer((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error: REFUSAL }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    process.env['OPENAI_BASE_URL'] = url;
    try {
      const { RefusedChatController } = await load<{ RefusedChatController: never }>('refused-chat.controller.ts');
      class RefusedModule {}
      Module({ controllers: [RefusedChatController] })(RefusedModule);
      const app = await startWithOpenAi(url, RefusedModule);
      await app.byok.setKey({ userId: 'rita' }, 'openai', KEY);
      const { status, body } = await app.send('rita', 'POST', '/refused-chat', {});
      expect([status, body]).toMatchObject([403, { code: 'BYOK_KEY_REFUSED', provider: 'openai', manageUrl: '/byok' }]);
      expect((await app.byok.listKeys({ userId: 'rita' }))[0].lastCheck).toMatchObject({ outcome: 'refused' });
    } finally {
      delete process.env['OPENAI_BASE_URL'];
      await new Promise((resolve) => server.close(resolve));
    }
  },

  'use-key.ts': async () => {
    type Summarise = (byok: ByokService, userId: string, call: () => Promise<string>) => Promise<string>;
    const { summarise } = await load<{ summarise: Summarise }>('use-key.ts');
    const app = await startWithOpenAi('http://127.0.0.1:1');
    expect(await summarise(app.byok, 'rolf', async () => 'short')).toBe('Add a key first.');
    await app.byok.setKey({ userId: 'rolf' }, 'openai', KEY);
    expect(await summarise(app.byok, 'rolf', async () => 'short')).toBe('short');
    expect(await summarise(app.byok, 'rolf', () => Promise.reject(refusal()))).toContain('OpenAI refused the API key.');
    const fault = new Error('a fault');
    await expect(summarise(app.byok, 'rolf', () => Promise.reject(fault))).rejects.toBe(fault);
  },

  'report-refusal.ts': async () => {
    const { explain } = await load<{ explain(key: ResolvedApiKey, error: unknown): Promise<string> }>(
      'report-refusal.ts',
    );
    const app = await startWithOpenAi('http://127.0.0.1:1');
    await app.byok.setKey({ userId: 'rolf' }, 'openai', KEY);
    const key = await app.byok.resolveKey({ userId: 'rolf' }, 'openai');
    expect(await explain(key!, refusal())).toContain('OpenAI refused the API key.');
    expect(await explain(key!, new Error('a fault'))).toBe('Something went wrong.');
  },

  'read-failure.ts': async () => {
    const { acme } = await load<{ acme: ProviderConfig }>('read-failure.ts');
    const read = (status: number, body: unknown) => acme.readFailure!({ status, body, error: undefined });
    expect(read(401, { service: 'acme' })).toEqual({ outcome: 'refused', reason: 'invalid' });
    expect(read(402, { service: 'acme' })).toEqual({ outcome: 'accepted', reason: 'no-credit' });
    expect([read(401, { service: 'other' }), read(500, { service: 'acme' })]).toEqual([undefined, undefined]);
  },
};
