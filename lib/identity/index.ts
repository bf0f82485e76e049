export { CallerResolver } from './caller-resolver.js';
export { OneCallerGuard } from './one-caller.guard.js';
export { RequestState } from './request-state.js';
export { userIdText } from './user-id.js';
