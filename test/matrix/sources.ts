import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { snippetsOf } from '../docs/snippets.js';
import { ROOT } from '../support/manifest.js';

/** What the projects of the matrix are made of. */
const DOCUMENT = snippetsOf(readFileSync(join(ROOT, 'docs/testing.md'), 'utf8'));

/** A snippet of docs/testing.md. */
export function codeOf(name: string): string {
  return DOCUMENT.find((snippet) => snippet.name === name)!.code;
}

export function consumerFile(name: string): string {
  return readFileSync(join(ROOT, 'test/package/consumer', name), 'utf8');
}

/** What the published types must refuse, with the line of each. */
export const WRONG = `import { ByokModule } from 'nestjs-byok';
ByokModule.forRoot({ secret: 7 });
`;

/** The controller that \`nest generate\` makes, with a guarded handler. */
export const GUARDED_CONTROLLER = `import { Controller, Get } from '@nestjs/common';
import { ApiKey, RequireApiKey } from 'nestjs-byok';

@Controller('chat')
export class ChatController {
  @Get()
  @RequireApiKey('openai')
  chat(@ApiKey() apiKey: string): string {
    return apiKey.slice(-4);
  }
}
`;

/** As \`nest new\` configures its compiler, with the strictest settings. */
export function tsconfig(options: object, include: string[]): string {
  const compilerOptions = {
    esModuleInterop: true,
    isolatedModules: true,
    emitDecoratorMetadata: true,
    experimentalDecorators: true,
    target: 'ES2023',
    rootDir: '.',
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    types: ['node', 'jest'],
    jsx: 'react-jsx',
    jsxImportSource: 'preact',
    ...options,
  };
  return JSON.stringify({ compilerOptions, include });
}

/** How the tests of a project are run, by its kind of modules: what docs/testing.md says. */
export const RUNNERS = [
  {
    runner: 'Vitest',
    type: 'module',
    isShort: true,
    files: { 'vitest.config.mjs': "export default { test: { globals: true, include: ['src/**/*.spec.ts'] } };" },
    command: ['../node_modules/vitest/vitest.mjs', 'run'],
  },
  {
    runner: 'Vitest',
    type: 'commonjs',
    isShort: false,
    files: { 'vitest.config.mjs': "export default { test: { globals: true, include: ['src/**/*.spec.ts'] } };" },
    command: ['../node_modules/vitest/vitest.mjs', 'run'],
  },
  {
    runner: 'Jest with ts-jest',
    type: 'module',
    isShort: true,
    files: {
      'jest.config.js': `export default {
        testRegex: 'src/.*\\\\.spec\\\\.ts$',
        extensionsToTreatAsEsm: ['.ts'],
        moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
        transform: { '\\\\.ts$': ['ts-jest', { useESM: true }] },
      };`,
    },
    command: ['--experimental-vm-modules', '../node_modules/jest/bin/jest.js'],
  },
  {
    runner: 'Jest with ts-jest',
    type: 'commonjs',
    isShort: true,
    files: { 'jest.config.js': codeOf('jest.commonjs.config.js') },
    command: ['../node_modules/jest/bin/jest.js'],
  },
  {
    runner: 'Jest with swc',
    type: 'commonjs',
    isShort: true,
    files: { 'jest.config.js': codeOf('jest.swc.config.js') },
    command: ['../node_modules/jest/bin/jest.js'],
  },
] as const;
