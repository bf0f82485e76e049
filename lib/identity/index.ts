export { CallerResolver } from './caller-resolver.js';
export { RequestState } from './request-state.js';
