import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger, Module, type INestApplication } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Library from 'nestjs-byok';
import { cli } from '../support/cli.js';
import { Consumer } from '../support/consumer.js';
import { readManifest, ROOT } from '../support/manifest.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type SnippetApp, startSnippet } from '../support/snippet-app.js';
import { network, stubProviders } from './providers.js';
import { tellsRefusalsOnce } from './refusals.js';
import { INSTALLED, runOnExpress, runOnFastify } from './session-snippets.js';
import { snippetsOf } from './snippets.js';
import { runWithVault } from './vault-snippet.js';

const KEY = 'sk-an-example-of-an-api-key-1f9c';
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const SNIPPETS = new Map(snippetsOf(README).map((snippet) => [snippet.name, snippet]));

let consumer: Consumer;
let database: TestDatabase;
let library: typeof Library;
let complaints: string[];
const apps: { close(): Promise<unknown> }[] = [];

/** What a snippet exports, from the file it was compiled to. */
async function load<T>(name: string): Promise<T> {
  return (await import(join(consumer.folder, name.replace(/\.ts$/, '.js')))) as T;
}

async function start(...imports: Parameters<typeof Module>[0]['imports'] & object): Promise<SnippetApp> {
  const app = await startSnippet(library.ByokService, ...imports);
  apps.push(app);
  return app;
}

function codeOf(name: string): string {
  return SNIPPETS.get(name)!.code;
}

/** How each snippet is run, by its name. One that has no entry here fails, and so does an entry without a snippet. */
const RUNS: Record<string, () => Promise<void>> = {
  'try.sh': async () => {
    const { scripts } = await readManifest();
    expect(codeOf('try.sh').split('\n')).toEqual(['npm ci', 'npm start']);
    expect(scripts).toMatchObject({ start: expect.any(String), prestart: expect.any(String) });
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
    expect(() => new library.EncryptionService(secret)).not.toThrow();
  },

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

  'key-required.json': async () => {
    const app = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule);
    const answer = await app.send('carol', 'POST', '/chat', { message: 'Hello' });
    expect(answer).toEqual({ status: 403, body: JSON.parse(codeOf('key-required.json')) });
  },

  'configured.module.ts': async () => {
    const app = await start((await load<{ ConfiguredModule: never }>('configured.module.ts')).ConfiguredModule);
    expect((await app.send('alice', 'PUT', '/settings/keys/api/keys/openai', { apiKey: KEY })).status).toBe(200);
    expect(await app.byok.getKey({ userId: 'account-alice' }, 'openai')).toBe(KEY);
  },

  'own-data-source.module.ts': async () => {
    const own = await createDatabase();
    const previous = process.env['DATABASE_URL'];
    process.env['DATABASE_URL'] = own.url;
    try {
      const { OwnDataSourceModule } = await load<{ OwnDataSourceModule: never }>('own-data-source.module.ts');
      const app = await start(OwnDataSourceModule);
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      expect(await own.query('SELECT hint FROM user_api_keys')).toEqual([{ hint: '…1f9c' }]);
      await app.close();
    } finally {
      process.env['DATABASE_URL'] = previous;
      await own.drop();
    }
  },

  'sign-in.controller.ts': async () => {
    const { SignInController } = await load<{ SignInController: never }>('sign-in.controller.ts');
    class SignInModule {}
    Module({ controllers: [SignInController] })(SignInModule);
    const byok = library.ByokModule.forRoot({
      secret: process.env['BYOK_SECRET']!,
      db: database.url,
      resolveUser: ({ session }) => (session as { userId?: string }).userId,
    });
    const app = await start(byok, SignInModule);
    const stored = await app.send(undefined, 'PUT', '/byok/api/keys/mistral', { apiKey: KEY });
    expect(stored.body).toMatchObject({ source: 'session' });
    const visitor = app.cookie();
    expect((await app.send(undefined, 'POST', '/sign-in')).status).toBe(204);
    expect(app.cookie()).not.toBe(visitor);
    expect((await app.send(undefined, 'GET', '/byok/api/keys')).body.keys).toContainEqual(
      expect.objectContaining({ provider: 'mistral', source: 'database' }),
    );
    expect(await app.byok.getKey({ userId: 'alice' }, 'mistral')).toBe(KEY);
  },

  'assistant.controller.ts': async () => {
    const { AssistantController } = await load<{ AssistantController: never }>('assistant.controller.ts');
    class AssistantModule {}
    Module({ controllers: [AssistantController] })(AssistantModule);
    const app = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule, AssistantModule);
    const dora = { userId: 'dora' };
    await app.byok.setKey(dora, 'anthropic', KEY);
    expect((await app.send('dora', 'GET', '/assistant/summary')).body.providers).toEqual(['pinecone']);
    await app.byok.setKey(dora, 'pinecone', KEY);
    expect((await app.send('dora', 'GET', '/assistant/summary')).body).toEqual({ provider: 'anthropic' });
    await app.byok.setKey(dora, 'openai', KEY);
    expect((await app.send('dora', 'GET', '/assistant/summary')).body).toEqual({ provider: 'openai' });
    expect((await app.send('dora', 'GET', '/assistant/search')).status).toBe(403);
    await app.byok.setKey(dora, 'openai', KEY, { label: 'work', fields: { region: 'eu' } });
    expect((await app.send('dora', 'GET', '/assistant/search')).body).toEqual({
      characters: 2 * KEY.length,
      label: 'work',
      fields: ['region'],
      expiresAt: null,
    });
  },

  'nightly.service.ts': async () => {
    const { NightlyService } = await load<{
      NightlyService: new (...args: never[]) => { embed(userId: string, texts: string[]): Promise<number> };
    }>('nightly.service.ts');
    class NightlyModule {}
    Module({ providers: [NightlyService] })(NightlyModule);
    const app = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule, NightlyModule);
    await app.byok.setKey({ userId: 'erin' }, 'voyage', KEY);
    expect(await app.nest.get(NightlyService).embed('erin', ['a', 'b'])).toBe(2);
    expect(await app.nest.get(NightlyService).embed('nobody', ['a', 'b'])).toBe(0);
  },

  'stored-key.json': async () => {
    const app = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule);
    const { body } = await app.send('frank', 'PUT', '/byok/api/keys/openai', { apiKey: KEY });
    const shown = JSON.parse(codeOf('stored-key.json')) as Record<string, string>;
    const { fingerprint, createdAt, updatedAt, ...same } = shown;
    expect(Object.keys(body)).toEqual(Object.keys(shown));
    expect(body).toMatchObject(same);
    for (const [like, found] of [
      [fingerprint, body.fingerprint],
      [createdAt, body.createdAt],
      [updatedAt, body.updatedAt],
    ]) {
      expect(String(found).replace(/[0-9a-f]/g, '0')).toBe(String(like).replace(/[0-9a-f]/g, '0'));
    }
  },

  'providers.ts': async () => {
    const { providers } = await load<{ providers: never }>('providers.ts');
    const app = await start(
      library.ByokModule.forRoot({ secret: process.env['BYOK_SECRET']!, db: database.url, providers }),
    );
    const put = async (provider: string, body: Record<string, unknown>) =>
      (await app.send('gina', 'PUT', `/byok/api/keys/${provider}`, body)).status;
    expect(await put('openai', { apiKey: KEY })).toBe(200);
    expect(await put('openai', { apiKey: KEY.slice(3) })).toBe(422);
    const apiKey = '0123456789abcdef'.repeat(2);
    expect(await put('azure-openai', { apiKey })).toBe(400);
    expect(await put('azure-openai', { apiKey, fields: { endpoint: 'http://example.com' } })).toBe(400);
    expect(await put('azure-openai', { apiKey, fields: { endpoint: 'https://example.com' } })).toBe(200);
    expect(await put('azure-openai', { apiKey: KEY, fields: { endpoint: 'https://example.com' } })).toBe(422);
  },

  'audited.module.ts': async () => {
    const app = await start((await load<{ AuditedModule: never }>('audited.module.ts')).AuditedModule);
    const log = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    const { expiresAt, createdAt } = await app.byok.setKey({ userId: 'hank' }, 'openai', KEY);
    expect(log.mock.calls).toEqual([['stored openai/default of user hank']]);
    log.mockRestore();
    expect(Math.round((expiresAt!.getTime() - createdAt.getTime()) / 86_400_000)).toBe(90);
  },

  'front-end.ts': async () => {
    const app = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule);
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
    await expect(saveKey('openai', 'short')).rejects.toThrow('An API key is 8 to 4096 printable characters');
  },

  'errors.ts': async () => {
    const { rename } = await load<{ rename(byok: object, user: string, from: string, to: string): Promise<string> }>(
      'errors.ts',
    );
    const app = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule);
    await app.byok.setKey({ userId: 'jack' }, 'openai', KEY, { label: 'old' });
    expect(await rename(app.byok, 'jack', 'old', 'new')).toBe('Done.');
    expect(await rename(app.byok, 'jack', 'old', 'new')).toBe('There is no such key.');
    expect(await app.byok.getKey({ userId: 'jack' }, 'openai', { label: 'new' })).toBe(KEY);
    await expect(rename(app.byok, 'jack', 'new', '')).rejects.toThrow('A label is 1 to 64 characters');
    await database.query('ALTER TABLE user_api_keys RENAME TO elsewhere');
    expect(await rename(app.byok, 'jack', 'new', 'old')).toBe('Try again later.');
    await database.query('ALTER TABLE elsewhere RENAME TO user_api_keys');
  },

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
    expect(page).not.toContain(library.messages.de.noKey);
    const stylesheet = /href="(\/byok\/assets\/[^"]+\.css)"/.exec(text as string)![1];
    expect((await app.send(undefined, 'GET', stylesheet)).status).toBe(200);
  },

  'components.ts': async () => {
    const { SettingsController } = await load<{ SettingsController: never }>('components.ts');
    const settings = { module: class Settings {}, controllers: [SettingsController] };
    const app = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule, settings);
    const { text } = (await app.send('mia', 'GET', '/settings')).body;
    expect(text).toMatch(/byok\.[0-9a-f]{16}\.css.*byok\.[0-9a-f]{16}\.js.*name="_csrf" value=".+"\/settings"/s);
    await tellsRefusalsOnce(app, library.messages.en.fillInKey);
  },

  'rotate.ts': async () => {
    const { Rotation } = await load<{ Rotation: new (...args: never[]) => { moveToNewestSecret(): Promise<void> } }>(
      'rotate.ts',
    );
    const own = await createDatabase();
    try {
      class RotationModule {}
      Module({ providers: [Rotation] })(RotationModule);
      const [older, newer] = [1, 2].map(() => library.EncryptionService.generateSecret());
      const options = { db: own.url, storage: 'database' } as const;
      const before = await start(library.ByokModule.forRoot({ secret: older, ...options }));
      await before.byok.setKey({ userId: 'lena' }, 'openai', KEY);
      const app = await start(library.ByokModule.forRoot({ secret: [newer, older], ...options }), RotationModule);
      await app.nest.get(Rotation).moveToNewestSecret();
      const [{ retired }] = await own.query('SELECT count(*)::int AS retired FROM byok_retired_keys');
      expect(retired).toBe(1);
      for (const { close } of apps.splice(0)) await close();
      const after = await start(library.ByokModule.forRoot({ secret: newer, ...options }));
      expect(await after.byok.getKey({ userId: 'lena' }, 'openai')).toBe(KEY);
      for (const { close } of apps.splice(0)) await close();
    } finally {
      await own.drop();
    }
  },

  'rotation.ts': async () => {
    const before = await start((await load<{ AppModule: never }>('app.module.ts')).AppModule);
    await before.byok.setKey({ userId: 'kate' }, 'openai', KEY);
    const older = process.env['BYOK_SECRET']!;
    process.env['BYOK_SECRET'] = `${library.EncryptionService.generateSecret()},${older}`;
    const app = await start((await load<{ byok: never }>('rotation.ts')).byok);
    process.env['BYOK_SECRET'] = older;
    expect(await app.byok.getKey({ userId: 'kate' }, 'openai')).toBe(KEY);
    await app.byok.setKey({ userId: 'kate' }, 'anthropic', KEY);
    const ids = await database.query(`SELECT DISTINCT key_id FROM user_api_keys WHERE owner_id = 'kate'`);
    expect(ids).toHaveLength(2);
    await app.byok.clearKeys({ userId: 'kate' });
  },

  'sessions.ts': () => runOnExpress(load),
  'fastify.ts': () => runOnFastify(load, library.ByokService),
  'vault.module.ts': () =>
    runWithVault(async () => start((await load<{ VaultModule: never }>('vault.module.ts')).VaultModule)),

  'end-to-end.ts': async () => {
    const { startForTests } = await load<{ startForTests(): Promise<INestApplication> }>('end-to-end.ts');
    const app = await startForTests();
    apps.push(app);
    expect(await app.get(library.ByokService).getKey({ userId: 'test' }, 'openai')).toBe('a-key-that-opens-nothing');
  },

  'jest.sh': async () => {
    const { scripts } = await readManifest();
    expect(scripts['test'].replace('--no-warnings=ExperimentalWarning ', '')).toBe(codeOf('jest.sh'));
  },
};

beforeAll(async () => {
  database = await createDatabase();
  consumer = await Consumer.withLibrary(...INSTALLED);
  const files: string[] = [];
  for (const { name, code } of SNIPPETS.values()) {
    const path = await consumer.write(name, code);
    if (name.endsWith('.ts')) files.push(path);
  }
  complaints = consumer.compile(files);
  library = await import('nestjs-byok');
  process.env['BYOK_SECRET'] = library.EncryptionService.generateSecret();
  process.env['DATABASE_URL'] = database.url;
});
afterEach(async () => {
  globalThis.fetch = network;
  await Promise.all(apps.splice(0).map((app) => app.close()));
});
afterAll(async () => {
  delete process.env['BYOK_SECRET'];
  delete process.env['DATABASE_URL'];
  await consumer.remove();
  await database.drop();
});

describe('The snippets of the README', () => {
  it('are all run, and nothing else is', () => {
    expect([...SNIPPETS.keys()].sort()).toEqual(Object.keys(RUNS).sort());
    for (const { name, language } of SNIPPETS.values()) expect(name.split('.').at(-1)).toBe(language);
  });

  it('compile with the published types', () => {
    expect(complaints).toEqual([]);
  });

  it.each([...SNIPPETS.keys()])('%s does what is said of it', (name) => {
    expect(RUNS).toHaveProperty([name]);
    return RUNS[name]();
  });
});

describe('What the README says', () => {
  it('of options is all of them', async () => {
    const app = start(library.ByokModule.forRoot({ secret: '', nothing: true } as never));
    const message = await app.then(String, (error: Error) => error.message);
    const known = / The options are: (.*)\.$/.exec(message)![1].split(', ');
    expect(known.length).toBeGreaterThan(15);
    const table = README.slice(README.indexOf('\n## Options'), README.indexOf('\n## HTTP'));
    const said = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(said.sort()).toEqual([...known, 'isGlobal'].sort());
  });

  it('of errors is all of them, with their status', () => {
    const table = README.slice(README.indexOf('\n## Errors'), README.indexOf('\n## Secrets'));
    const said = [...table.matchAll(/^\| `(BYOK_\w+)`\s*\| (\d+)/gm)].map(([, code, status]) => [code, Number(status)]);
    expect(Object.fromEntries(said)).toEqual(library.BYOK_ERROR_STATUS);
  });

  it('links to files that are there', () => {
    const links = [...README.matchAll(/\]\(([^)#]+)\)/g)]
      .map(([, path]) => path)
      .filter((path) => !/^https?:/.test(path));
    expect(links.length).toBeGreaterThan(4);
    for (const path of links) expect(() => readFileSync(join(ROOT, path))).not.toThrow(/ENOENT/);
  });
});

describe('A document', () => {
  it('with a snippet that has no name, or one twice, or no end, is refused', () => {
    expect(() => snippetsOf('Text\n\n```ts\nlet x;\n```')).toThrow('Line 3: a snippet without a name');
    expect(() => snippetsOf('<!-- snippet: a.ts -->\n```ts\n```\n```sh\n```')).toThrow(
      'Line 4: a snippet without a name',
    );
    const twice = '<!-- snippet: a.ts -->\n```ts\n```\n';
    expect(() => snippetsOf(twice + twice)).toThrow('Line 5: a.ts is there twice');
    expect(() => snippetsOf('<!-- snippet: a.ts -->\n~~~ts\n```')).toThrow('a snippet without an end');
    expect(snippetsOf(twice)).toEqual([{ name: 'a.ts', language: 'ts', code: '', line: 2 }]);
  });
});
