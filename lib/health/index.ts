export { ByokHealth } from './byok-health.js';
export type { ByokHealthReport } from './health-report.interface.js';
