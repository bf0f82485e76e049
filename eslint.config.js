import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** What everybody in lib may import. */
const COMMON = ['interfaces', 'errors', 'byok.constants.ts'];

/** The use cases and what they are made of. */
const SERVICE = [
  'byok.callers.ts',
  'byok.env.ts',
  'byok.events.ts',
  'byok.service.ts',
  'byok.vault.ts',
  'byok.startup.ts',
  'byok.sweeper.ts',
  'resolved-api-key.ts',
];

/**
 * The rooms of lib, and what each may import beside itself and the common ones. Crypto and storage do not know each
 * other; views know neither requests nor storages.
 */
const ROOMS = {
  interfaces: [],
  errors: [],
  validation: [],
  crypto: [],
  storage: [],
  views: [],
  [`{${SERVICE.join(',')}}`]: [...SERVICE, 'crypto', 'storage', 'validation'],
  guards: [...SERVICE, 'storage'],
  interceptors: [...SERVICE, 'storage'],
  decorators: ['guards', 'http', 'resolved-api-key.ts', 'validation'],
  http: [...SERVICE, 'guards', 'storage', 'views'],
  dashboard: [...SERVICE, 'guards', 'http', 'views'],
};

const arrows = Object.entries(ROOMS).map(([room, allowed]) => ({
  target: `./lib/${room}${room.includes('.') ? '' : '/**/*'}`,
  from: './lib',
  except: [...new Set([...COMMON, ...(room.includes('.') ? [] : [room]), ...allowed])].map((path) => `./${path}`),
  message: `This arrow is not in the design: ${room} does not import that.`,
}));

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
  {
    files: ['test/**'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
