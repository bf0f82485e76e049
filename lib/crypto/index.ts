export * from './encryption.service.js';
export * from './mask-key.js';
export { Redacted } from './redacted.js';
