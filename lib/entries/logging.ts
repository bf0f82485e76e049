/**
 * `nestjs-byok/logging`: keeps API keys and other secrets out of logs.
 *
 * @packageDocumentation
 */
export { redact, Redacted, RedactingLogger } from '../logging/index.js';
