export { attribute, attributeTo, type Candidate, mayBeRefusal, type Providers } from './attribution.js';
export { errorsOf, failureOf, hasUnreadBody, readFailure } from './failure.js';
