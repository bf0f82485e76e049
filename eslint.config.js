import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** What the use cases are made of, and what of them the rooms around may use. */
const SERVICE_DOOR = [
  'byok.callers.ts',
  'byok.cleanup.ts',
  'byok.events.ts',
  'byok.request-notes.ts',
  'byok.resolver.ts',
  'byok.service.ts',
  'resolved-api-key.ts',
];
const SERVICE = [
  ...SERVICE_DOOR,
  'byok.accounts.ts',
  'byok.adoption.ts',
  'byok.audit.ts',
  'byok.env.ts',
  'byok.renewal.ts',
  'byok.session-warnings.ts',
  'byok.vault.ts',
  'byok.startup.ts',
  'byok.sweeper.ts',
  'byok.root-wrapping.ts',
  'byok.wrapped-roots.ts',
  'byok.wrapper-calls.ts',
  'byok.wrapper-health.ts',
  'byok.health.ts',
  'byok.key-faults.ts',
];
const OPTIONS = ['byok.options.ts', 'byok.dashboard-options.ts', 'byok.option-checks.ts', 'byok.provider-options.ts'];

/** What everybody in lib may import, but they themselves. */
const COMMON = ['interfaces', 'errors', 'byok.constants.ts', 'byok.channels.ts'];

/**
 * The rooms of lib, and what each may import beside itself and the common ones. Crypto and storage do not know each
 * other; views know neither requests nor storages. Only the door (index.ts) and the wiring (byok.module.ts and what it
 * is declared with) import what they like, and nobody imports them.
 */
const ROOMS = {
  net: [],
  validation: ['net'],
  logging: [],
  crypto: [],
  storage: [],
  views: [],
  [files(SERVICE)]: [...SERVICE, 'crypto', 'net', 'storage', 'validation'],
  [files(OPTIONS)]: [...OPTIONS, 'validation'],
  guards: SERVICE_DOOR,
  interceptors: SERVICE_DOOR,
  rotation: ['byok.events.ts', 'byok.wrapped-roots.ts', 'crypto', 'storage'],
  kms: [],
  opentelemetry: [],
  terminus: ['byok.health.ts'],
  decorators: ['guards', 'http', 'resolved-api-key.ts', 'validation'],
  http: [...SERVICE_DOOR, 'guards', 'interceptors', 'views'],
  dashboard: [...SERVICE_DOOR, 'guards', 'http', 'interceptors', 'views'],
  cli: [
    'byok.module.ts',
    'byok.option-checks.ts',
    'byok.service.ts',
    'byok.startup.ts',
    'byok.wrapped-roots.ts',
    'byok.wrapper-calls.ts',
    'crypto',
    'rotation',
    'storage',
  ],
};

const arrows = [
  zone('interfaces', ['interfaces']),
  zone('errors', ['errors', 'interfaces']),
  zone('byok.constants.ts', []),
  zone('byok.channels.ts', []),
  ...Object.entries(ROOMS).map(([room, allowed]) => zone(room, [...COMMON, room, ...allowed])),
  {
    target: './lib/*.ts',
    from: './lib/cli',
    message: 'The command line is a door of its own: nothing of the library needs it.',
  },
  { target: './sample', from: './lib', message: 'The sample imports the library by its name, as an application does.' },
];

/** What keeps a room pure: the packages it may import beside Node's own. */
const PURE = {
  interfaces: ['@nestjs/common', 'typeorm'],
  errors: [],
  validation: [],
  crypto: [],
  kms: ['@aws-sdk/client-kms'],
  opentelemetry: ['@nestjs/common', '@opentelemetry/api'],
  terminus: ['@nestjs/common', '@nestjs/terminus'],
  views: ['preact', 'preact-render-to-string'],
};

function files(names) {
  return `{${names.join(',')}}`;
}

function zone(room, allowed) {
  const isFile = room.includes('.');
  return {
    target: `./lib/${room}${isFile ? '' : '/**/*'}`,
    from: './lib',
    except: [...new Set(allowed)].filter((path) => !path.startsWith('{')).map((path) => `./${path}`),
    message: `This arrow is not in the design: ${room} does not import that.`,
  };
}

export default tseslint.config(
  { ignores: ['dist', 'sample/dist', 'lib/assets', 'data', 'coverage', '**/*.mjs', '*.js'] },
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
    files: ['lib/**'],
    rules: { 'no-console': 'error', 'no-restricted-properties': ['error', { object: 'Math', property: 'random' }] },
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
