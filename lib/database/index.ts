export {
  ANSWER_WITHIN,
  BYOK_CONNECTION,
  ByokDatabase,
  FOREIGN_KEY_VIOLATION,
  type Statement,
} from './byok-database.js';
export { explainFailure, explainStart, type FailureCause, nameOf, reasonOf } from './failure-causes.js';
export { ByokAuditEntry } from './entities/byok-audit-entry.entity.js';
export { ByokKeyringEntry } from './entities/byok-keyring-entry.entity.js';
export { ByokRetiredKey } from './entities/byok-retired-key.entity.js';
export { byokEntities } from './entities/index.js';
export { UserApiKey } from './entities/user-api-key.entity.js';
export { byokMigrations, createByokMigrations } from './migrations/index.js';
export { migrate, undo } from './migrations/migrate.js';
export { type PartitionOptions, byokPartitionMigrations } from './migrations/partition-keys.migration.js';
export {
  type AskDatabase,
  OWN_MIGRATIONS_TABLE,
  TYPEORM_MIGRATIONS_TABLE,
  missingTables,
  recordOf,
  schemaState,
} from './migrations/schema-state.js';
export { tablesWithHiddenRows } from './connection-check.js';
export { type ForeignRights, foreignRights } from './foreign-rights.js';
export { partitionDifferences } from './migrations/table-facts.js';
export { everyRow, everyRowWritten, HIDDEN_ROWS, ROWS_HIDDEN } from './row-security.js';
export { type Partition, partitionsOf } from './partitions.js';
export { epochMs, epochMsOf, toDate, toDateOrNull } from './timestamps.js';
