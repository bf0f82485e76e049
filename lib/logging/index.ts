export { redact } from './redact.js';
export { RedactingLogger } from './redacting.logger.js';
