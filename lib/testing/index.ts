export { findLeaks } from './find-leaks.js';
export { LeakSearch } from './leak-search.js';
export type { NamedAnswer } from './provider-answers.js';
export {
  ProviderStandIn,
  type StandInAnswer,
  type StandInRequest,
  type StandInScript,
  startProviderStandIn,
} from './provider-stand-in.js';
export type { TestKey, TestKeys, TestKeysOptions } from './test-keys.interface.js';
export { withTestKeys } from './with-test-keys.js';
