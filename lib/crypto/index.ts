export * from './encryption.service.js';
export { MAX_LENGTH as MAX_RECORD_LENGTH } from './envelope.js';
export * from './mask-key.js';
export { isWrapper, Keyring } from './keyring.js';
export { Redacted } from './redacted.js';
export { Resealer } from './resealer.js';
export { RootKey, type RootKeyHandles } from './root-key.js';
