export * from './hybrid/hybrid-key.storage.js';
export * from './key-storage.interface.js';
export { putNew } from './put-new.js';
export * from './session/session-key.storage.js';
export { endedSession, sessionOf, type SessionHandle, type SessionStoreLike } from './session/session-handle.js';
export { AuditTable, type AuditRecord } from './typeorm/audit-table.js';
export { BYOK_CONNECTION, ByokDatabase, FOREIGN_KEY_VIOLATION, type Statement } from './typeorm/byok-database.js';
export * from './typeorm/entities/index.js';
export { KeyringRegistry, UNDEFINED_COLUMN, type RegisteredKey, type WrappedRoot } from './typeorm/keyring-registry.js';
export { byokMigrations, createByokMigrations } from './typeorm/migrations/index.js';
export { migrate, undo } from './typeorm/migrations/migrate.js';
export { byokPartitionMigrations, type PartitionOptions } from './typeorm/migrations/partition-keys.migration.js';
export {
  missingTables,
  OWN_RECORD,
  recordOf,
  schemaState,
  type AskDatabase,
} from './typeorm/migrations/schema-state.js';
export { tableParts, type TablePart } from './typeorm/table-parts.js';
export { TypeOrmKeyStorage } from './typeorm/typeorm-key.storage.js';
