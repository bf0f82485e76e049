export { KeyWrapperHealth } from './key-wrapper-health.js';
export type { KeyWrapperStatus } from './key-wrapper-status.interface.js';
export {
  inspectKeyring,
  KEYRING_FAULTS,
  type KeyringFault,
  type KeyringInspection,
  keyringFault,
} from './inspect-keyring.js';
export { KeyringTable, type RegisteredKey, registeredKeysSql } from './keyring-table.js';
export { StartupCheck } from './startup-check.js';
export { WrappedRootKeys } from './wrapped-root-keys.js';
export { askWrapper } from './wrapper-calls.js';
