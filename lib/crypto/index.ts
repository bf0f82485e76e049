export * from './encryption.service.js';
export * from './mask-key.js';
export { isWrapper, Keyring } from './keyring.js';
export { Redacted } from './redacted.js';
export { Resealer } from './resealer.js';
export { RootKey, type RootKeyHandles } from './root-key.js';
