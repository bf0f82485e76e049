import type { MigrationInterface, QueryRunner } from 'typeorm';

/** @internal */
export function addWrappedRootsMigration(table: string): new () => MigrationInterface {
  return class AddByokWrappedRoots implements MigrationInterface {
    readonly name = `AddByokWrappedRoots_${table}_1767398400000`;

    async up(runner: QueryRunner): Promise<void> {
      // The keyring is that of all tables of keys in the database.
      await runner.query(
        'ALTER TABLE byok_keyring ADD COLUMN IF NOT EXISTS wrapped_root bytea, ADD COLUMN IF NOT EXISTS wrapper_id text',
      );
    }

    /** A wrapped root stands nowhere else, and without it no key opens: the columns stay until the keyring goes. */
    async down(): Promise<void> {}
  };
}
