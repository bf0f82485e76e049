export { ByokHealthIndicator } from './byok-health.indicator.js';
