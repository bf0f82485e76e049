export { ApiKeyGuard } from './api-key.guard.js';
export { HttpsGuard, isSecure } from './https.guard.js';
export { addRequirement, type KeyRequirement } from './key-requirement.js';
export { resolvedKeysOf, type ResolvedKeys } from './resolved-keys.js';
