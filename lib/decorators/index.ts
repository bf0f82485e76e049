export { ApiKey, ResolvedKey } from './api-key.decorator.js';
export { RequireAnyApiKey, RequireApiKey } from './require-api-key.decorator.js';
