/**
 * `nestjs-byok/aws-kms`: root secrets wrapped by AWS KMS.
 *
 * @packageDocumentation
 */
export type { KeyWrapContext, KeyWrapper, KeyWrapperCall } from '../interfaces/index.js';
export * from '../kms/aws-kms.wrapper.js';
