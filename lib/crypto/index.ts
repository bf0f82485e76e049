export { EncryptionService } from './encryption.service.js';
export { MAX_LENGTH as MAX_RECORD_LENGTH } from './envelope.js';
export { Keyring, isWrapper } from './keyring.js';
export { maskKey } from './mask-key.js';
export { RecordReencryptor } from './resealer.js';
export { RootKey, type RootKeyHandles } from './root-key.js';
export { GENERATE_COMMAND } from './root-secret.js';
export type { SealContext } from './seal-context.interface.js';
