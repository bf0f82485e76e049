import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Consumer } from '../../support/consumer.js';
import { readManifest, ROOT } from '../../support/manifest.js';
import { bench, codeOf, type Runs } from '../bench.js';

const run = promisify(execFile);

/** What `nest new` gives a project, in CommonJS or in ES modules. */
const TSCONFIG = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  resolvePackageJsonExports: true,
  esModuleInterop: true,
  isolatedModules: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  allowSyntheticDefaultImports: true,
  target: 'ES2023',
  rootDir: '.',
  outDir: './dist',
  skipLibCheck: true,
  strict: true,
};

interface Runner {
  type: 'module' | 'commonjs';
  packages: string[];
  files: Record<string, string>;
  command: string[];
}

/** Runs the tests of `docs/testing.md` in a project of its own that has the package as npm would install it. */
async function runTests({ type, packages, files, command }: Runner): Promise<string> {
  const { name, dependencies, peerDependencies } = await readManifest();
  const project = await Consumer.create(type);
  try {
    await project.install(name, await bench.tarball());
    const all = [...Object.keys({ ...dependencies, ...peerDependencies }), '@nestjs/platform-express', 'typescript'];
    await project.link(...all, ...packages);
    const sources = ['assistant.module.ts', 'assistant.spec.ts'].map((file) => [`src/${file}`, codeOf(file)]);
    const config = ['tsconfig.json', JSON.stringify({ compilerOptions: TSCONFIG })];
    for (const [path, text] of [...sources, config, ...Object.entries(files)]) await project.write(path, text);
    const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' };
    // Jest and Vitest set it, unless it is set.
    delete env.NODE_ENV;
    const { stdout, stderr } = await run(process.execPath, command, { cwd: project.folder, env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  } finally {
    await project.remove();
  }
}

const JEST = ['node_modules/jest/bin/jest.js'];
const passed = expect.stringMatching(/Tests:\s+4 passed, 4 total/) as unknown as string;

/** Snippets of testing. */
export const TEST_RUNNER_RUNS: Runs = {
  // Vitest, which compiles both.
  'assistant.module.ts': () => expectVitest('module'),
  'assistant.spec.ts': () => expectVitest('commonjs'),

  'jest.commonjs.config.js': async () => {
    const packages = ['jest', 'ts-jest', '@swc/jest', '@swc/core'];
    const config = codeOf('jest.commonjs.config.js');
    const runner = { type: 'commonjs' as const, packages, files: { 'jest.config.js': config }, command: JEST };
    expect(await runTests(runner)).toEqual(passed);
    // It is what the packages need.
    const without = config.replace(/^ *transformIgnorePatterns.*$/m, '');
    expect(await runTests({ ...runner, files: { 'jest.config.js': without } })).toContain('Must use import');
  },

  'jest.swc.config.js': async () => {
    const files = { 'jest.config.js': codeOf('jest.swc.config.js') };
    const packages = ['jest', '@swc/jest', '@swc/core'];
    expect(await runTests({ type: 'commonjs', packages, files, command: JEST })).toEqual(passed);
  },

  'jest.sh': async () => {
    const command = codeOf('jest.sh').trim().split(' ').slice(1);
    const files = {
      'jest.config.js': `export default {
        testRegex: '\\\\.spec\\\\.ts$',
        extensionsToTreatAsEsm: ['.ts'],
        moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
        transform: { '\\\\.ts$': ['ts-jest', { useESM: true }] },
      };`,
    };
    const runner = { type: 'module' as const, packages: ['jest', 'ts-jest'], files, command };
    expect(await runTests(runner)).toEqual(passed);
    // Without the flag, it does not.
    const withoutFlag = command.filter((arg) => arg !== '--experimental-vm-modules');
    expect(await runTests({ ...runner, command: withoutFlag })).toContain('assistant.spec.ts');
  },
};

/** With the configuration that `nest new` generates, without its plugin for aliases. */
async function expectVitest(type: Runner['type']): Promise<void> {
  const generated = join(ROOT, 'node_modules/@nestjs/schematics/dist/lib/application/files/ts-esm/vitest.config.ts');
  const config = (await readFile(generated, 'utf8'))
    .replace(/^import tsconfigPaths.*$/m, '')
    .replace('plugins: [tsconfigPaths()],', '')
    .replace('<%= specFileSuffix %>', 'spec');
  expect(config).toContain("include: ['**/*.spec.ts']");
  const command = ['node_modules/vitest/vitest.mjs', 'run'];
  const output = await runTests({ type, packages: ['vitest'], files: { 'vitest.config.ts': config }, command });
  expect(output).toMatch(/Tests\s+4 passed \(4\)/);
}
