export { ApiKeyGuard } from './api-key.guard.js';
export { HttpsGuard, isLoopback, isSecure } from './https.guard.js';
export { addRequirement, requirementsOf, type KeyRequirement } from './key-requirement.js';
export { callOf, resolvedKeysOf } from './resolved-keys.js';
