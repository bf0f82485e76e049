import config from './jest.config.js';

/** Installs of the package as it would be published, beside the versions of other packages that it supports: `npm run test:matrix`. @type {import('jest').Config} */
export default {
  ...config,
  testMatch: ['**/*.matrix.ts'],
  maxWorkers: 1,
  reporters: ['default', '<rootDir>/test/support/matrix-table.mjs'],
};
