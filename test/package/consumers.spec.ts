import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { Consumer, pack, type Tarball } from '../support/consumer.js';
import { readManifest, ROOT } from '../support/manifest.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'an-example-of-an-api-key-1f9c';
/** Bytes. A library that one installs for one thing should not be heavy. */
const LARGEST_TARBALL = 500_000;

let folder: string;
let tarball: Tarball;
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  folder = await mkdtemp(join(tmpdir(), 'byok-tarball-'));
  tarball = await pack(folder);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('The tarball', () => {
  const paths = () => tarball.files.map(({ path }) => path).sort();

  it('holds what is built, the documents and the licence, and nothing else', () => {
    const others = paths().filter((path) => !path.startsWith('dist/'));
    expect(others.filter((path) => !path.startsWith('docs/'))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'package.json',
    ]);
    expect(others.filter((path) => !/\.md$/.test(path) && path.startsWith('docs/'))).toEqual([
      'docs/images/dashboard.png',
      'docs/performance-express.svg',
      'docs/performance-fastify.svg',
      'docs/performance-sessions.svg',
      'docs/performance.json',
    ]);
    expect(others).toEqual(expect.arrayContaining(['docs/README.md', 'docs/kms.md', 'docs/security/evidence.md']));
    expect(paths()).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts']));
    expect(paths().filter((path) => !/\.(js|d\.ts|js\.map|css)$/.test(path) && path.startsWith('dist/'))).toEqual([]);
    expect(paths().filter((path) => /(^|\/)(test|sample)\/|\.spec\./.test(path))).toEqual([]);
  });

  it(`is smaller than ${LARGEST_TARBALL / 1000} kB`, () => {
    expect(tarball.size).toBeGreaterThan(50_000);
    expect(tarball.size).toBeLessThan(LARGEST_TARBALL);
  });

  it('has a command that can be run', async () => {
    const { stdout } = await promisify(execFile)('tar', ['-tvzf', tarball.path, 'package/dist/cli/main.js']);
    expect(stdout).toMatch(/^-rwxr-xr-x /);
    expect(await readFile(join(ROOT, 'dist/cli/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('has a file for each entry of its manifest, and the types keep their documentation, without what is internal', async () => {
    const { bin, exports, main, types } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const conditions = Object.values<{ default: string; types: string }>(exports).filter(
      (each) => typeof each === 'object',
    );
    expect(conditions.length).toBeGreaterThan(8);
    const entries: string[] = [
      main,
      types,
      bin['nestjs-byok'],
      ...conditions.flatMap((each) => [each.default, each.types]),
    ];
    for (const entry of entries) expect(paths()).toContain(entry.replace('./', ''));
    const declarations = await Promise.all(
      paths()
        .filter((path) => path.endsWith('.d.ts'))
        .map((path) => readFile(join(ROOT, path), 'utf8')),
    );
    expect(declarations.length).toBeGreaterThan(50);
    expect(declarations.filter((text) => text.includes('@publicApi')).length).toBeGreaterThan(50);
    expect(declarations.filter((text) => text.includes('@internal'))).toEqual([]);
  });
});

describe('A fresh application on Fastify', () => {
  it('needs nothing of Express, and loads nothing of it', async () => {
    const { name, dependencies, peerDependencies } = await readManifest();
    const consumer = await Consumer.create('module');
    try {
      await consumer.install(name, tarball);
      await consumer.link(...Object.keys({ ...dependencies, ...peerDependencies }));
      await consumer.link('@nestjs/platform-fastify', '@fastify/cookie', '@fastify/session');
      const source = await readFile(new URL('./consumer/fastify.mjs', import.meta.url), 'utf8');
      await consumer.write('app.mjs', source);
      expect(JSON.parse(await consumer.run('app.mjs', { TEST_KEY: KEY, NODE_ENV: 'test' }))).toEqual({
        saved: 303,
        keys: [expect.objectContaining({ provider: 'openai', hint: '…1f9c', source: 'session' })],
        loadedOfFastify: true,
        loadedOfExpress: [],
      });
    } finally {
      await consumer.remove();
    }
  });
});

it('An optional peer is asked for behind a door of its own only', async () => {
  const { peerDependenciesMeta } = await readManifest();
  const peers = Object.keys(peerDependenciesMeta);
  const asked = new Set<string>();
  for (const path of tarball.files.map((file) => file.path).filter((path) => /^dist\/.*\.js$/.test(path))) {
    const text = await readFile(join(ROOT, path), 'utf8');
    for (const peer of peers) if (text.includes(`'${peer}'`)) asked.add(`${path.split('/')[1]} ${peer}`);
  }
  expect([...asked].sort()).toEqual([
    'health @nestjs/terminus',
    'kms @aws-sdk/client-kms',
    'opentelemetry @opentelemetry/api',
  ]);
});

describe.each([
  { form: 'an ES module', type: 'module', isRequire: 'undefined' },
  { form: 'CommonJS', type: 'commonjs', isRequire: 'function' },
] as const)('A fresh application in $form', ({ type, isRequire }) => {
  let consumer: Consumer;

  beforeAll(async () => {
    const { name, dependencies, peerDependencies } = await readManifest();
    consumer = await Consumer.create(type);
    await consumer.install(name, tarball);
    // No more than the package says it needs, and what any Nest application has.
    await consumer.link(...Object.keys({ ...dependencies, ...peerDependencies }), '@nestjs/platform-express');
  });
  afterAll(() => consumer.remove());

  it('compiles with the published types, starts, and stores and resolves a key', async () => {
    const source = await readFile(new URL('./consumer/app.ts', import.meta.url), 'utf8');
    const wrong = [
      `import { ByokModule } from 'nestjs-byok';`,
      `ByokModule.forRoot({ secret: 7 });`,
      `ByokModule.forRoot({ secret: '', dashboard: { messages: { sav: 'Keep' } } });`,
      `new ByokModule().upstream;`,
    ].join('\n');
    const files = [await consumer.write('app.ts', source), await consumer.write('wrong.ts', wrong)];
    expect(consumer.compile(files)).toEqual([
      expect.stringMatching(/wrong\.ts:2: Type 'number' is not assignable/),
      expect.stringMatching(/wrong\.ts:3: .*'sav' does not exist in type 'Partial<Messages>'/),
      expect.stringMatching(/wrong\.ts:4: Property 'upstream' is private/),
    ]);
    const emitted = await readFile(join(consumer.folder, 'app.js'), 'utf8');
    expect(emitted.includes(`require("nestjs-byok")`)).toBe(type === 'commonjs');

    const printed = await consumer.run('app.js', { DATABASE_URL: database.url, TEST_KEY: KEY, NODE_ENV: 'test' });
    expect(JSON.parse(printed)).toMatchObject({
      stored: { provider: 'openai', hint: '…1f9c', source: 'database', status: 'active' },
      alice: { apiKey: KEY, source: 'database', providers: ['openai'] },
      bob: { statusCode: 403, code: 'BYOK_KEY_REQUIRED', providers: ['openai'], manageUrl: '/byok' },
      page: 200,
      copies: { different: [] },
      isRequire,
    });
    expect(JSON.parse(printed).copies.compared).toBeGreaterThan(30);
    await database.query('TRUNCATE user_api_keys, byok_keyring CASCADE');
  });

  it('compiles with every entry point under the strictest settings', async () => {
    const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const entries = Object.keys(exports).filter((entry) => exports[entry].types);
    const lines = entries.map((entry, i) => `export * as e${i} from 'nestjs-byok${entry.slice(1)}';`);
    const source = await readFile(new URL('./consumer/strict.tsx', import.meta.url), 'utf8');
    const files = [await consumer.write('all.ts', lines.join('\n')), await consumer.write('strict.tsx', source)];
    const options: ts.CompilerOptions = {
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      jsx: ts.JsxEmit.ReactJSX,
      jsxImportSource: 'preact',
    };
    expect(consumer.compile(files, options)).toEqual([]);
    expect(entries.length).toBeGreaterThan(8);
  });

  it('has the command line by npx', async () => {
    const secret = (await consumer.npx(['nestjs-byok', 'generate-secret'])).trim();
    const env = { DATABASE_URL: database.url, BYOK_SECRET: secret };
    expect(JSON.parse(await consumer.npx(['nestjs-byok', 'status', '--json'], env))).toMatchObject({ rows: 0 });
  });
});
