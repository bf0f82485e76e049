import type { MigrationInterface, QueryRunner } from 'typeorm';

/** @internal */
export function createKeysMigration(table: string): new () => MigrationInterface {
  return class CreateByokKeys implements MigrationInterface {
    // TypeORM remembers a migration by its name: that of another table must be another.
    readonly name = `CreateByokKeys_${table}_1767225600000`;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        CREATE TABLE IF NOT EXISTS byok_keyring (
          key_id bytea NOT NULL CONSTRAINT byok_keyring_pkey PRIMARY KEY,
          canary bytea NOT NULL,
          created_at timestamptz(3) NOT NULL DEFAULT now()
        )`);
      await runner.query(`
        CREATE TABLE IF NOT EXISTS byok_retired_keys (
          key_id bytea NOT NULL CONSTRAINT byok_retired_keys_pkey PRIMARY KEY,
          retired_at timestamptz(3) NOT NULL DEFAULT now()
        )`);
      await runner.query(`
        CREATE TABLE "${table}" (
          owner_kind text NOT NULL,
          owner_id text NOT NULL,
          provider text NOT NULL,
          label text NOT NULL DEFAULT 'default',
          key_id bytea NOT NULL CONSTRAINT "${table}_key_id_fkey" REFERENCES byok_keyring (key_id),
          ciphertext bytea NOT NULL,
          hint text NOT NULL,
          fingerprint bytea NOT NULL,
          field_names text[] NOT NULL DEFAULT '{}',
          created_at timestamptz(3) NOT NULL DEFAULT now(),
          updated_at timestamptz(3) NOT NULL DEFAULT now(),
          expires_at timestamptz(3),
          last_used_at timestamptz(3),
          CONSTRAINT "${table}_pkey" PRIMARY KEY (owner_kind, owner_id, provider, label)
        )`);
      await runner.query(`CREATE INDEX "${table}_expires_at" ON "${table}" (expires_at) WHERE expires_at IS NOT NULL`);
      // Without it, retiring a key reads the whole table to see that no row refers to it.
      await runner.query(`CREATE INDEX "${table}_key_id" ON "${table}" (key_id)`);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE "${table}"`);
      // The keyring stays while another table of keys still refers to it.
      const [{ used }] = (await runner.query(
        `SELECT EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid = 'byok_keyring'::regclass) AS used`,
      )) as [{ used: boolean }];
      if (!used) await runner.query(`DROP TABLE byok_keyring, byok_retired_keys`);
    }
  };
}
