export { databaseUrlFault } from './database-option.js';
export { checkTableName } from './option-checks.js';
export { markCopy, registerOnce } from './one-registration.js';
export { RedactedOptions, redactOptions } from './redacted-options.js';
export { resolveOptions } from './resolve-options.js';
