import config from './jest.config.js';

/** The long forms of the fault tests: `npm run test:faults`. @type {import('jest').Config} */
export default { ...config, testMatch: ['**/*.fault.ts'], maxWorkers: 1 };
