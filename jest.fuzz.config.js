import config from './jest.config.js';

/** The long form of the fuzz tests: `npm run test:fuzz`. @type {import('jest').Config} */
export default { ...config, testMatch: ['**/*.fuzz.ts'], maxWorkers: 1 };
