/**
 * `nestjs-byok/terminus`: readiness for `@nestjs/terminus`.
 *
 * @packageDocumentation
 */
export { ByokHealthIndicator } from '../health/byok-health.indicator.js';
