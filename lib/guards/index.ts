export { type ApiKeyResolution, ApiKeyResolver } from './api-key-resolver.js';
export { ApiKey, ResolvedKey } from './api-key.decorator.js';
export { ApiKeyGuard } from './api-key.guard.js';
export { ApplicationFilters } from './application-filters.js';
export { HandlerCheck } from './handler-check.js';
export type { KeyRequirement } from './key-requirement.js';
export { RefusalAnswers } from './refusal-answers.js';
export { RequireAnyApiKey, RequireApiKey } from './require-api-key.decorator.js';
