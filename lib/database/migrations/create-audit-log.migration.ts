import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One log for all tables of keys in a database, as the keyring is. @internal */
export function createAuditLogMigration(table: string): new () => MigrationInterface {
  return class CreateByokAuditLog implements MigrationInterface {
    readonly name = `CreateByokAuditLog_${table}_1767312000000`;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        CREATE TABLE IF NOT EXISTS byok_audit_log (
          id uuid NOT NULL CONSTRAINT byok_audit_log_pkey PRIMARY KEY,
          at timestamptz(3) NOT NULL,
          owner_kind text NOT NULL,
          owner_id text NOT NULL,
          action text NOT NULL,
          outcome text NOT NULL,
          provider text NOT NULL,
          label text NOT NULL,
          key_id bytea,
          source text,
          request_id text,
          times integer NOT NULL
        )`);
      await runner.query(
        'CREATE INDEX IF NOT EXISTS byok_audit_log_owner ON byok_audit_log (owner_kind, owner_id, at)',
      );
      await runner.query('CREATE INDEX IF NOT EXISTS byok_audit_log_at ON byok_audit_log (at)');
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query('DROP TABLE IF EXISTS byok_audit_log');
    }
  };
}
