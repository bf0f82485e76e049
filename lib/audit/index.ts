export { AuditLog } from './audit-log.js';
export { AuditTable } from './audit-table.js';
export { KeyEvents } from './key-events.js';
