import type { MigrationInterface } from 'typeorm';
import { ConfigurationError } from '../../errors/index.js';
import { rebuildTable } from './rebuild-table.js';

const MOST_PARTS = 1_024;

/** Options of `byokPartitionMigrations`. @publicApi */
export interface PartitionOptions {
  /** Into how many partitions, from 2 to 1,024. They are all opened by what is not about one owner. Default 64. */
  parts?: number;
  /** As the option of the module. Default `'user_api_keys'`. */
  tableName?: string;
}

/**
 * A migration that makes the table of keys one of hash partitions by `owner_id`, and one table again when it is undone.
 * For some hundred million keys and more; not among `byokMigrations`, because it copies the table. Reads go on meanwhile,
 * writes are answered 503. For a connection that the module opens, run `npx nestjs-byok migrate --partitions 64` instead.
 *
 * @throws ConfigurationError for a number of parts out of its range
 * @example
 * ```ts
 * TypeOrmModule.forRoot({ …, migrations: [...byokMigrations, ...byokPartitionMigrations({ parts: 64 })] })
 * ```
 *
 * @publicApi
 */
export function byokPartitionMigrations({
  parts = 64,
  tableName: table = 'user_api_keys',
}: PartitionOptions = {}): (new () => MigrationInterface)[] {
  if (!Number.isInteger(parts) || parts < 2 || parts > MOST_PARTS) {
    throw new ConfigurationError(`parts must be a whole number from 2 to ${MOST_PARTS}.`);
  }
  return [
    class PartitionByokKeys implements MigrationInterface {
      readonly name = `PartitionByokKeys_${table}_1767571200000`;

      up(...[runner]: Parameters<MigrationInterface['up']>): Promise<void> {
        return rebuildTable(runner, table, parts);
      }

      down(...[runner]: Parameters<MigrationInterface['down']>): Promise<void> {
        return rebuildTable(runner, table, 1);
      }
    },
  ];
}
