export type { TestKey, TestKeys, TestKeysOptions } from './test-keys.interface.js';
export { withTestKeys } from './with-test-keys.js';
