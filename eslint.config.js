import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { tsdocSyntax } from './scripts/tsdoc-rule.mjs';

/** Rooms that every other room may import, and what they import themselves. */
const GROUND = {
  interfaces: ['messages'],
  messages: [],
  errors: ['interfaces'],
  diagnostics: [],
  logging: [],
  validation: ['interfaces'],
};

/**
 * The rooms of lib, and the rooms that each may import beside the ground, always through their index.ts. Crypto and
 * storage do not know each other; views know neither requests nor storages. The files that lie loose in lib are the main
 * entry point and the wiring: only the command line imports them. The other entry points are the room entries.
 */
export const ROOMS = {
  ...GROUND,
  crypto: [],
  ssrf: [],
  kms: [],
  opentelemetry: [],
  views: [],
  database: [],
  options: ['ssrf', 'views'],
  providers: ['refusals', 'ssrf'],
  checks: ['ssrf'],
  refusals: [],
  storage: ['database'],
  audit: ['database'],
  keyring: ['crypto', 'database'],
  health: ['crypto', 'database', 'keyring'],
  identity: ['storage'],
  expiry: ['audit', 'identity', 'storage'],
  keys: ['audit', 'checks', 'crypto', 'expiry', 'identity', 'refusals', 'ssrf', 'storage'],
  rotation: ['audit', 'crypto', 'database', 'keyring'],
  http: ['expiry', 'identity', 'keys', 'views'],
  guards: ['audit', 'checks', 'expiry', 'http', 'identity', 'keys', 'refusals'],
  dashboard: ['http', 'identity', 'keys', 'views'],
  cli: ['crypto', 'database', 'keyring', 'keys', 'options', 'providers', 'rotation'],
  testing: ['audit', 'crypto', 'database', 'health', 'identity', 'keyring', 'keys', 'options', 'storage'],
  openapi: [],
  entries: ['openapi', 'opentelemetry', 'providers', 'storage', 'testing', 'views'],
};

/** Single files that a room may import. Every room may import the constants. */
const LOOSE = {
  // The script of the pages judges a key as the server does.
  views: ['keys/clean-api-key.ts'],
  cli: ['byok.module.ts'],
  options: ['byok.module-definition.ts'],
  testing: ['byok.module-definition.ts', 'byok.module.ts'],
  // Each needs a package that an application may not have.
  entries: ['health/byok-health.indicator.ts', 'kms/aws-kms.wrapper.ts', 'kms/vault-transit.wrapper.ts'],
};

const arrows = [
  ...Object.entries(ROOMS).map(([room, rooms]) => ({
    target: `./lib/${room}/**/*`,
    from: './lib',
    except: [
      `./${room}`,
      './byok.constants.ts',
      ...(LOOSE[room] ?? []).map((file) => `./${file}`),
      ...[...(room in GROUND ? [] : Object.keys(GROUND)), ...rooms].map((other) => `./${other}/index.ts`),
    ],
    message: `The room ${room} must not import this. See ROOMS in eslint.config.js.`,
  })),
  {
    target: './lib/byok.constants.ts',
    from: './lib',
    message: 'The constants import nothing.',
  },
  {
    target: './lib/*.ts',
    from: './lib/cli',
    message: 'The command line stands on the library, never the other way round.',
  },
  { target: './sample', from: './lib', message: 'The sample imports the library by its name, as an application does.' },
];

/** The packages that a room may import beside Node's own. Rooms that are not named may import any. */
const PURE = {
  interfaces: ['@nestjs/common', 'typeorm'],
  errors: [],
  messages: [],
  validation: [],
  crypto: [],
  kms: ['@aws-sdk/client-kms'],
  openapi: [],
  opentelemetry: ['@nestjs/common', '@opentelemetry/api'],
  views: ['preact', 'preact-render-to-string'],
};

export default tseslint.config(
  {
    ignores: ['dist', 'docs-api', 'sample/dist', 'dev/dist', 'lib/assets', 'data', 'coverage'],
  },
  tseslint.configs.recommendedTypeChecked,
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.tsx'],
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })],
    },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: arrows }],
      'max-lines': ['error', { max: 250, skipBlankLines: false, skipComments: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // A storage that needs no time answers in the same form as one that does.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Scripts are not part of the TypeScript project. Jest's own files must be CommonJS.
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'import-x/no-default-export': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['lib/**'],
    plugins: { byok: { rules: { 'tsdoc-syntax': tsdocSyntax } } },
    rules: {
      'byok/tsdoc-syntax': 'error',
      'no-console': 'error',
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
    },
  },
  ...Object.entries(PURE).map(([room, packages]) => ({
    files: [`lib/${room}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?!\\.|node:${packages.map((name) => `|${name}(?:$|/)`).join('')})`,
              message: `${room} knows nothing of that package.`,
            },
          ],
        },
      ],
    },
  })),
  {
    files: ['test/**'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // `expect(object.method)` and tables of methods.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
