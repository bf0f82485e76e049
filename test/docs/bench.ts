import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer, pack, type Tarball } from '../support/consumer.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { startSnippet, type SnippetApp } from '../support/snippet-app.js';
import { DOCUMENTS_WITH_SNIPPETS, readDocument } from './documents.js';
import { network } from './runs/network.js';
import { INSTALLED } from './runs/sessions.js';
import { snippetsOf, type Snippet } from './snippets.js';
import type { Module } from '@nestjs/common';
import type * as Library from 'nestjs-byok';

export const KEY = 'sk-an-example-of-an-api-key-1f9c';

/** What Jest and Vitest put into the files of tests. */
const TEST_GLOBALS = ['afterAll', 'beforeAll', 'describe', 'expect', 'it']
  .map((name) => `declare const ${name}: typeof import('@jest/globals').${name};`)
  .join('\n');

/** How snippets are run, by name. */
export type Runs = Record<string, () => Promise<void>>;

/** The snippets of all documents, by name: one that comes twice is refused. */
export const SNIPPETS = new Map<string, Snippet>();
for (const document of DOCUMENTS_WITH_SNIPPETS) {
  for (const snippet of snippetsOf(readDocument(document))) {
    if (SNIPPETS.has(snippet.name))
      throw new Error(`${document}, line ${snippet.line}: ${snippet.name} is there twice.`);
    SNIPPETS.set(snippet.name, snippet);
  }
}

export const codeOf = (name: string): string => SNIPPETS.get(name)!.code;

/** An application of its own that has the library installed, and every snippet as a file. */
class Bench {
  consumer!: Consumer;
  database!: TestDatabase;
  library!: typeof Library;
  /** Of the compiler. */
  complaints!: string[];
  #packed?: { folder: string; tarball: Promise<Tarball> };
  readonly apps: { close(): Promise<unknown> }[] = [];

  async open(): Promise<void> {
    this.database = await createDatabase();
    this.consumer = await Consumer.withLibrary(...INSTALLED);
    const files: string[] = [];
    for (const { name, code } of SNIPPETS.values()) {
      const path = await this.consumer.write(name, code);
      if (/\.tsx?$/.test(name)) files.push(path);
    }
    files.push(await this.consumer.write('globals.d.ts', TEST_GLOBALS));
    this.complaints = this.consumer.compile(files);
    this.library = await import('nestjs-byok');
    process.env['BYOK_SECRET'] = this.library.EncryptionService.generateSecret();
    process.env['DATABASE_URL'] = this.database.url;
  }

  /** The package as it would be published, made at the first call. */
  async tarball(): Promise<Tarball> {
    if (!this.#packed) {
      const folder = await mkdtemp(join(tmpdir(), 'byok-tarball-'));
      this.#packed = { folder, tarball: pack(folder) };
    }
    return this.#packed.tarball;
  }

  /** Stops what a snippet started. */
  async stop(): Promise<void> {
    globalThis.fetch = network;
    await Promise.all(this.apps.splice(0).map((app) => app.close()));
  }

  async close(): Promise<void> {
    delete process.env['BYOK_SECRET'];
    delete process.env['DATABASE_URL'];
    await this.consumer.remove();
    if (this.#packed) await rm(this.#packed.folder, { recursive: true, force: true });
    await this.database.drop();
  }
}

export const bench = new Bench();

/** What a snippet exports, from the file it was compiled to. */
export async function load<T>(name: string): Promise<T> {
  return (await import(join(bench.consumer.folder, name.replace(/\.tsx?$/, '.js')))) as T;
}

/** Starts modules; the application is closed after the test. */
export async function start(...imports: Parameters<typeof Module>[0]['imports'] & object): Promise<SnippetApp> {
  const app = await startSnippet(bench.library.ByokService, ...imports);
  bench.apps.push(app);
  return app;
}

/** The module that the README begins with. */
export async function startAppModule(...more: Parameters<typeof Module>[0]['imports'] & object): Promise<SnippetApp> {
  return start((await load<{ AppModule: never }>('app.module.ts')).AppModule, ...more);
}
