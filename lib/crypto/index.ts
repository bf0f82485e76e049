export * from './encryption.service.js';
export * from './mask-key.js';
export { Redacted } from './redacted.js';
export { Resealer } from './resealer.js';
export type { RootKeyHandles } from './root-key.js';
