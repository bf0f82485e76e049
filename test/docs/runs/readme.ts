import { expect } from '@jest/globals';
import { readManifest } from '../../support/manifest.js';
import { cli } from '../../support/cli.js';
import { bench, codeOf, KEY, load, start, startAppModule, type Runs } from '../bench.js';
import { stubProviders } from './network.js';
import { runOnExpress } from './sessions.js';

/** Snippets of README.md and docs/getting-started.md. */
export const README_RUNS: Runs = {
  'app.module.ts': async () => {
    const { AppModule } = await load<{ AppModule: never }>('app.module.ts');
    const calls = stubProviders();
    const app = await start(AppModule);
    expect(await app.send('alice', 'PUT', '/byok/api/keys/openai', { apiKey: KEY })).toMatchObject({ status: 200 });
    const chat = await app.send('alice', 'POST', '/chat', { message: 'Hello' });
    expect(chat).toEqual({ status: 201, body: { reply: 'Hi' } });
    expect(calls).toEqual([
      {
        url: 'https://api.openai.com/v1/chat/completions',
        authorization: `Bearer ${KEY}`,
        body: expect.objectContaining({ messages: [{ role: 'user', content: 'Hello' }] }),
      },
    ]);
    expect((await app.send('bob', 'POST', '/chat', { message: 'Hello' })).status).toBe(403);
    expect((await app.send('alice', 'GET', '/byok')).body.text).toContain('1f9c');
    expect(calls).toHaveLength(1);
  },

  'install.sh': async () => {
    const { name, peerDependencies, peerDependenciesMeta } = await readManifest();
    const needed = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
    const everyNestApplicationHas = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
    const installed = codeOf('install.sh').replace('npm install ', '').split(' ');
    expect([...installed, ...everyNestApplicationHas].sort()).toEqual([name, ...needed].sort());
  },

  'secret.sh': async () => {
    expect(codeOf('secret.sh')).toBe('npx nestjs-byok generate-secret');
    const { stdout } = await cli(['generate-secret']);
    const secret = stdout.trim();
    expect(() => new bench.library.EncryptionService(secret)).not.toThrow();
  },

  'key-required.json': async () => {
    const app = await startAppModule();
    const answer = await app.send('carol', 'POST', '/chat', { message: 'Hello' });
    expect(answer).toEqual({ status: 403, body: JSON.parse(codeOf('key-required.json')) });
  },

  'try.sh': async () => {
    const { scripts } = await readManifest();
    expect(codeOf('try.sh').split('\n')).toEqual(['npm ci', 'npm start']);
    expect(scripts).toMatchObject({ start: expect.any(String), prestart: expect.any(String) });
  },

  'resolve-user.ts': async () => {
    const app = await start((await load<{ byok: never }>('resolve-user.ts')).byok);
    expect((await app.send('alice', 'PUT', '/byok/api/keys/openai', { apiKey: KEY })).status).toBe(200);
    expect(await app.byok.getKey({ userId: 'account-alice' }, 'openai')).toBe(KEY);
  },

  'configured.module.ts': async () => {
    const app = await start((await load<{ ConfiguredModule: never }>('configured.module.ts')).ConfiguredModule);
    expect((await app.send('alice', 'PUT', '/settings/keys/api/keys/openai', { apiKey: KEY })).status).toBe(200);
    expect(await app.byok.getKey({ userId: 'account-alice' }, 'openai')).toBe(KEY);
  },

  'sessions.ts': () => runOnExpress(load),
};
