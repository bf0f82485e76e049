import type { MigrationInterface } from 'typeorm';
import { addKeyLifeMigration } from './add-key-life.migration.js';
import { addWrappedRootsMigration } from './add-wrapped-roots.migration.js';
import { createAuditLogMigration } from './create-audit-log.migration.js';
import { createKeysMigration } from './create-keys.migration.js';

/**
 * The migrations for a table of another name than `user_api_keys`, see the option `tableName`.
 *
 * @publicApi
 */
export function createByokMigrations(tableName: string): (new () => MigrationInterface)[] {
  return [
    createKeysMigration(tableName),
    createAuditLogMigration(tableName),
    addWrappedRootsMigration(tableName),
    addKeyLifeMigration(tableName),
  ];
}

/**
 * For the `migrations` of an application's own DataSource. The connection that the module opens runs them by itself.
 *
 * @publicApi
 */
export const byokMigrations = createByokMigrations('user_api_keys');
