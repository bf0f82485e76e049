import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lockTable } from './lock-table.js';

/** Reads of an application that is running wait this long at most at a time. */
const PATIENCE = { within: 200, pause: 500, attempts: 60 };

const COLUMNS = [
  ['preferred_at', 'timestamptz(3)'],
  ['checked_at', 'timestamptz(3)'],
  ['check_outcome', 'text'],
  ['check_reason', 'text'],
  ['check_by', 'text'],
  ['expiring_noticed_at', 'timestamptz(3)'],
  ['unused_noticed_at', 'timestamptz(3)'],
];

/**
 * Columns for which key is the default one, what its provider said of it, and which notices were given. They may be NULL,
 * so Postgres adds them without rewriting the table, and an instance of the version before goes on working.
 *
 * @internal
 */
export function addKeyLifeMigration(table: string): new () => MigrationInterface {
  return class AddByokKeyLife implements MigrationInterface {
    readonly name = `AddByokKeyLife_${table}_1795564800000`;

    async up(runner: QueryRunner): Promise<void> {
      const columns = COLUMNS.map(([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${type}`).join(', ');
      await alter(runner, table, columns);
      // The audit log is that of all tables of keys in the database.
      await alter(runner, 'byok_audit_log', 'ADD COLUMN IF NOT EXISTS actor_id text');
      // Few entries have one: this finds them when a user is erased.
      await runner.query(
        'CREATE INDEX IF NOT EXISTS byok_audit_log_actor ON byok_audit_log (actor_id) WHERE actor_id IS NOT NULL',
      );
    }

    /** The audit log keeps its column: another table of keys may use it. */
    async down(runner: QueryRunner): Promise<void> {
      await alter(runner, table, COLUMNS.map(([name]) => `DROP COLUMN IF EXISTS ${name}`).join(', '));
    }
  };
}

/** An application may have its migrations run without transactions; the lock needs one. */
async function alter(runner: QueryRunner, table: string, change: string): Promise<void> {
  const isInside = runner.isTransactionActive;
  if (!isInside) await runner.startTransaction();
  try {
    await lockTable(runner, table, PATIENCE);
    await runner.query(`ALTER TABLE "${table}" ${change}`);
    if (!isInside) await runner.commitTransaction();
  } catch (error) {
    if (!isInside) await runner.rollbackTransaction();
    throw error;
  }
}
