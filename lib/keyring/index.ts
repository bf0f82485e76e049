export { KeyWrapperHealth } from './key-wrapper-health.js';
export type { KeyWrapperStatus } from './key-wrapper-status.interface.js';
export { findKeyringMismatches } from './keyring-check.js';
export { KeyringTable, isKeyUsed } from './keyring-table.js';
export { StartupCheck } from './startup-check.js';
export { WrappedRootKeys } from './wrapped-root-keys.js';
export { askWrapper } from './wrapper-calls.js';
