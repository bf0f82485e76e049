export { redact } from './redact.js';
export { Redacted } from './redacted.js';
export { RedactingLogger } from './redacting.logger.js';
