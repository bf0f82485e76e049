import { DataSource, type Logger } from 'typeorm';
import { byokPartitionMigrations, createByokMigrations, migrate as runMigrations, undo } from '../../database/index.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { Output } from '../output.js';
import { DEFAULT_TABLE, type GlobalOptions } from '../arguments.js';

/** Even without logging, TypeORM prints what a migration failed with to where the result is to stand. */
const SILENT: Logger = {
  logQuery: () => {},
  logQueryError: () => {},
  logQuerySlow: () => {},
  logSchemaBuild: () => {},
  logMigration: () => {},
  log: () => {},
};

const NOTHING = 'Nothing to do: all migrations have run before.';

export interface MigrateOptions extends GlobalOptions {
  /** Into how many partitions the table of keys is to be split; 0: one table again. Left out: as it is. */
  partitions?: number;
}

/** Makes or changes the tables, one runner after the other. Needs no secret. @internal */
export async function migrate(
  output: Output,
  { partitions: parts }: MigrateOptions,
  url: string,
  table: string,
): Promise<ExitStatus> {
  const migrations = createByokMigrations(table);
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'nestjs-byok cli',
    migrationsTableName: 'byok_migrations',
    migrations: parts ? [...migrations, ...byokPartitionMigrations({ parts, tableName: table })] : migrations,
    logger: SILENT,
    extra: { connectionTimeoutMillis: 5_000 },
  });
  await dataSource.initialize();
  try {
    const ran = await runMigrations(dataSource);
    if (parts) await requireParts(dataSource, table, parts);
    const undone = parts === 0 ? await joinParts(dataSource, table) : [];
    const lines = [...told('Ran', ran), ...told('Undid', undone)];
    output.result({ table, ran, ...(parts === 0 && { undone }) }, lines.length > 0 ? lines : [NOTHING]);
    return EXIT.done;
  } finally {
    await dataSource.destroy();
  }
}

/** The migration has run once, whatever number was asked for then. @throws CliError */
async function requireParts(dataSource: DataSource, table: string, parts: number): Promise<void> {
  const sql = 'SELECT count(*)::int AS count FROM pg_inherits WHERE inhparent = $1::regclass';
  const [{ count }] = await dataSource.query<[{ count: number }]>(sql, [`"${table}"`]);
  if (count === parts) return;
  const command = `npx nestjs-byok migrate${table === DEFAULT_TABLE ? '' : ` --table ${table}`} --partitions`;
  throw new CliError(
    `The table ${table} has ${count} partitions, not ${parts}: their number cannot be changed in one step.`,
    `Make it one table first, then split it anew: ${command} 0, then ${command} ${parts}`,
  );
}

async function joinParts(dataSource: DataSource, table: string): Promise<string[]> {
  const [Migration] = byokPartitionMigrations({ tableName: table });
  const migration = new Migration();
  return (await undo(dataSource, migration)) ? [migration.name!] : [];
}

function told(did: string, names: string[]): string[] {
  if (names.length === 0) return [];
  return [`${did} ${names.length} ${names.length === 1 ? 'migration' : 'migrations'}:`, ...names.map((n) => `  ${n}`)];
}
