import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  runtime: '<rootDir>/test/support/jest/runtime.cjs',
  testEnvironment: '<rootDir>/test/support/jest/environment.cjs',
  transform: {},
  injectGlobals: false,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  testSequencer: '<rootDir>/test/support/jest/sequencer.cjs',
  // One more than there are cores, because workers also wait: for a browser, a timeout, a process.
  maxWorkers: Math.min(availableParallelism() + 1, 5),
  // For what hangs. A machine that is busy with other things may take ten times as long as a quiet one.
  testTimeout: 600_000,
};
