export { ByokService } from './byok.service.js';
export { getEnvKey } from './env-keys.js';
export { KeyResolver } from './key-resolver.js';
export { KeySealer } from './key-sealer.js';
export { ResolvedApiKey } from './resolved-api-key.js';
export { SessionKeyAdoption } from './session-key-adoption.js';
export { SessionReencryption } from './session-reencryption.js';
export { UserData } from './user-data.js';
