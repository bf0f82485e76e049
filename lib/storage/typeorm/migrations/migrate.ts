import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';

/** Any number, the same in every instance: instances that start together run the migrations one after the other. */
const MIGRATION_LOCK = 7_267_001;

/** Runs the migrations that are pending, on one connection, so that a pool of one does; their names. @internal */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SET statement_timeout = 0');
    // Asked again and again: waiting for another instance's migration may take longer than one statement may.
    while (!(await lock(runner))) await sleep(100);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'all';
    return (await executor.executePendingMigrations()).map(({ name }) => name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock_all()').catch(() => {});
    await runner.query('RESET statement_timeout').catch(() => {});
    await runner.release();
  }
}

async function lock(runner: QueryRunner): Promise<boolean> {
  const sql = 'SELECT pg_try_advisory_lock($1) AS locked';
  const [{ locked }] = (await runner.query(sql, [MIGRATION_LOCK])) as [{ locked: boolean }];
  return locked;
}
