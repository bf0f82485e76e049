export { CallerResolver } from './caller-resolver.js';
export { OneCallerGuard } from './one-caller.guard.js';
export { RequestState } from './request-state.js';
export { SharedOwners } from './shared-owners.js';
export { userIdText, whyNotAnId } from './user-id.js';
