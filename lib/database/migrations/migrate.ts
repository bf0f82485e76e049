import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationExecutor, type DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Any number, the same in every instance: instances that start together run the migrations one after the other. */
const MIGRATION_LOCK = 7_267_001;

/** Runs the migrations that are pending, on one connection, so that a pool of one does; their names. @internal */
export function migrate(dataSource: DataSource): Promise<string[]> {
  return withMigrationLock(dataSource, async (runner) => {
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'all';
    return (await executor.executePendingMigrations()).map(({ name }) => name);
  });
}

/** Undoes one of the migrations in `byok_migrations`; whether it had run. @internal */
export function undo(dataSource: DataSource, migration: MigrationInterface): Promise<boolean> {
  return withMigrationLock(dataSource, async (runner) => {
    const sql = 'DELETE FROM byok_migrations WHERE name = $1 RETURNING 1';
    const { records } = await runner.query(sql, [migration.name], true);
    if (records.length === 0) return false;
    await migration.down(runner);
    return true;
  });
}

/** In one transaction, which holds the lock: a lock of the session would stay with whatever server a pooler gave it to. */
async function withMigrationLock<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    // Asked again and again: waiting for another instance's migration may take longer than one statement may.
    while (!(await begin(runner))) await sleep(100);
    const done = await work(runner);
    await runner.commitTransaction();
    return done;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {});
    throw error;
  } finally {
    await runner.release();
  }
}

async function begin(runner: QueryRunner): Promise<boolean> {
  await runner.startTransaction('READ COMMITTED');
  await runner.query('SET LOCAL statement_timeout = 0');
  const sql = 'SELECT pg_try_advisory_xact_lock($1) AS locked';
  const [{ locked }] = (await runner.query(sql, [MIGRATION_LOCK])) as [{ locked: boolean }];
  if (!locked) await runner.rollbackTransaction();
  return locked;
}
