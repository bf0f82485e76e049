export { attribute, attributeTo, type Candidate, mayBeRefusal, type Providers } from './attribution.js';
export { failureOf, hasUnreadBody, readFailure } from './failure.js';
