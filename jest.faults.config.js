import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import config from './jest.config.js';

// For the table at the end of a run, and to tell a whole run from a part of it.
process.env.FAULTS_REPORT ??= join(tmpdir(), `byok-faults-${process.pid}.jsonl`);
process.env.FAULTS_SUITES ??= String(
  readdirSync(new URL('./test', import.meta.url), { recursive: true }).filter((name) => name.endsWith('.fault.ts'))
    .length,
);

/** The long forms of the fault tests: `npm run test:faults`. @type {import('jest').Config} */
export default {
  ...config,
  testMatch: ['**/*.fault.ts'],
  maxWorkers: 1,
  reporters: ['default', '<rootDir>/test/support/fault-table.mjs'],
};
