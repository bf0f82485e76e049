import { DataSource } from 'typeorm';
import { createByokMigrations, migrate as runMigrations } from '../../storage/index.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { Output } from '../output.js';

/** Makes or changes the tables, one runner after the other. Needs no secret. @internal */
export async function migrate(output: Output, url: string, table: string): Promise<ExitStatus> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'nestjs-byok cli',
    migrationsTableName: 'byok_migrations',
    migrations: createByokMigrations(table),
    logging: false,
    extra: { connectionTimeoutMillis: 5_000 },
  });
  await dataSource.initialize();
  try {
    const ran = await runMigrations(dataSource);
    output.result({ table, ran }, [
      ran.length === 0
        ? 'Nothing to do: all migrations have run before.'
        : `Ran ${ran.length} ${ran.length === 1 ? 'migration' : 'migrations'}:`,
      ...ran.map((name) => `  ${name}`),
    ]);
    return EXIT.done;
  } finally {
    await dataSource.destroy();
  }
}
