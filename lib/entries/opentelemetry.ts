/**
 * `nestjs-byok/opentelemetry`: spans and metrics.
 *
 * @packageDocumentation
 */
export * from '../opentelemetry/index.js';
