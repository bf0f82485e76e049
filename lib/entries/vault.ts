/**
 * `nestjs-byok/vault`: root secrets wrapped by the transit engine of HashiCorp Vault.
 *
 * @packageDocumentation
 */
export type { KeyWrapContext, KeyWrapper, KeyWrapperCall } from '../interfaces/index.js';
export * from '../kms/vault-transit.wrapper.js';
