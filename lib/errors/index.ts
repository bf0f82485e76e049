export { BYOK_ERROR_STATUS, type ByokErrorCode } from './byok-error-code.js';
export { ByokError } from './byok.error.js';
export {
  ConfigurationError,
  EncryptionError,
  InvalidInputError,
  InvalidKeyError,
  type InvalidKeyReason,
  type InvalidPart,
  KeyConflictError,
  KeyLimitError,
  KeyNotFoundError,
  KeyRequiredError,
  KeyWrapperError,
  RetirementError,
  SESSION_REASON,
  SecurityError,
  StorageError,
  UserRequiredError,
} from './errors.js';
export { KeyImportError } from './key-import.error.js';
export { type KeyUnusableCode, KeyUnusableError, type ShownKey } from './key-unusable.error.js';
