import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/index.js';

/** Milliseconds that readers are held up at most by each attempt to put the new table in the old one's place. */
const SWAP_WITHIN = 1_000;
const SWAP_ATTEMPTS = 30;
/** SQLSTATE of a lock that was not given in time, and of two that wait for each other. */
const NOT_NOW = ['55P03', '40P01'];

/**
 * Copies the table into one of so many hash partitions by `owner_id`, or into a plain one for 1, and puts it in the old
 * one's place, within the transaction of the runner: nothing has changed where it fails. Writers wait for all of it,
 * readers only for the last moment.
 *
 * @throws ConfigurationError if the table has what a copy would lose
 * @internal
 */
export async function rebuildTable(runner: QueryRunner, table: string, parts: number): Promise<void> {
  const [{ kind }] = await ask<{ kind: string }>(
    runner,
    'SELECT relkind AS kind FROM pg_class WHERE oid = $1::regclass',
    [`"${table}"`],
  );
  // Somebody has partitioned it in their own way, or made it one table again.
  if ((kind === 'p') === parts > 1) return;
  await refuseLosses(runner, table);
  await runner.query(`SET LOCAL statement_timeout = 0`);
  await runner.query(`SET LOCAL lock_timeout = '10s'`);
  await runner.query(`LOCK TABLE "${table}" IN SHARE ROW EXCLUSIVE MODE`);
  const fresh = `${table}_new`;
  await create(runner, table, fresh, parts);
  await runner.query(`INSERT INTO "${fresh}" SELECT * FROM "${table}"`);
  await addIndexes(runner, table, fresh);
  await copyRights(runner, table, parts === 1 ? [fresh] : [fresh, ...partitionNames(table, parts)]);
  // Nothing does that by itself for a table of partitions.
  await runner.query(`ANALYZE "${fresh}"`);
  await lockOut(runner, table);
  await runner.query(`DROP TABLE "${table}"`);
  await runner.query(`ALTER TABLE "${fresh}" RENAME TO "${table}"`);
  for (const name of ['pkey', 'expires_at', 'key_id']) {
    await runner.query(`ALTER INDEX "${fresh}_${name}" RENAME TO "${table}_${name}"`);
  }
}

function partitionNames(table: string, parts: number): string[] {
  return Array.from({ length: parts }, (_, i) => `${table}_p${String(i).padStart(2, '0')}`);
}

async function create(runner: QueryRunner, table: string, fresh: string, parts: number): Promise<void> {
  const like = `(LIKE "${table}" INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS)`;
  if (parts === 1) return void (await runner.query(`CREATE TABLE "${fresh}" ${like}`));
  await runner.query(`CREATE TABLE "${fresh}" ${like} PARTITION BY HASH (owner_id)`);
  for (const [i, name] of partitionNames(table, parts).entries()) {
    await runner.query(
      `CREATE TABLE "${name}" PARTITION OF "${fresh}" FOR VALUES WITH (MODULUS ${parts}, REMAINDER ${i})`,
    );
  }
}

/** After the rows, which is quicker than with each. */
async function addIndexes(runner: QueryRunner, table: string, fresh: string): Promise<void> {
  const natural = 'owner_kind, owner_id, provider, label';
  await runner.query(`ALTER TABLE "${fresh}" ADD CONSTRAINT "${fresh}_pkey" PRIMARY KEY (${natural})`);
  await runner.query(`CREATE INDEX "${fresh}_expires_at" ON "${fresh}" (expires_at) WHERE expires_at IS NOT NULL`);
  await runner.query(`CREATE INDEX "${fresh}_key_id" ON "${fresh}" (key_id)`);
  await runner.query(
    `ALTER TABLE "${fresh}" ADD CONSTRAINT "${table}_key_id_fkey" FOREIGN KEY (key_id) REFERENCES byok_keyring (key_id)`,
  );
}

/** Who may do what stays as it was; on partitions too, which a rotation and a sweep go through one by one. */
async function copyRights(runner: QueryRunner, table: string, fresh: string[]): Promise<void> {
  const [{ owner, foreign }] = await ask<{ owner: string; foreign: boolean }>(
    runner,
    `SELECT quote_ident(pg_get_userbyid(relowner)) AS owner, pg_get_userbyid(relowner) <> current_user AS foreign
      FROM pg_class WHERE oid = $1::regclass`,
    [`"${table}"`],
  );
  const rights = await ask<{ grantee: string; right: string; grantable: boolean }>(
    runner,
    `SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type AS right, is_grantable AS grantable
      FROM pg_class, aclexplode(relacl) WHERE oid = $1::regclass AND grantee <> relowner`,
    [`"${table}"`],
  );
  const all = fresh.map((name) => `"${name}"`);
  for (const { grantee, right, grantable } of rights) {
    await runner.query(`GRANT ${right} ON ${all.join()} TO ${grantee}${grantable ? ' WITH GRANT OPTION' : ''}`);
  }
  if (!foreign) return;
  for (const name of all) await runner.query(`ALTER TABLE ${name} OWNER TO ${owner}`);
}

/** Readers wait for this lock too, so nobody is let wait for long: a dump that is under way would hold up everything. */
async function lockOut(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`SET LOCAL lock_timeout = ${SWAP_WITHIN}`);
  for (let attempt = 1; ; attempt++) {
    await runner.query('SAVEPOINT byok_swap');
    try {
      await runner.query(`LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`);
      return;
    } catch (error) {
      if (attempt === SWAP_ATTEMPTS || !NOT_NOW.includes((error as { code?: string }).code ?? '')) throw error;
      await runner.query('ROLLBACK TO SAVEPOINT byok_swap');
      await sleep(SWAP_WITHIN);
    }
  }
}

/** What an application has added to the table is not ours to copy. Views are told by Postgres itself. */
async function refuseLosses(runner: QueryRunner, table: string): Promise<void> {
  const rows = await ask<{ what: string }>(
    runner,
    `SELECT 'trigger ' || tgname AS what FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal
      UNION ALL SELECT 'policy ' || polname FROM pg_policy WHERE polrelid = $1::regclass
      UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class = $1::regclass
      UNION ALL SELECT 'publication ' || pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = prpubid
        WHERE prrelid = $1::regclass
      UNION ALL SELECT 'right on the column ' || attname FROM pg_attribute
        WHERE attrelid = $1::regclass AND attacl IS NOT NULL
      UNION ALL SELECT 'constraint ' || conname FROM pg_constraint WHERE contype <> 'n' AND
        (confrelid = $1::regclass OR conrelid = $1::regclass AND conname NOT IN ($2 || '_pkey', $2 || '_key_id_fkey'))
      UNION ALL SELECT 'index ' || relname FROM pg_index JOIN pg_class c ON c.oid = indexrelid
        WHERE indrelid = $1::regclass AND relname NOT IN ($2 || '_pkey', $2 || '_expires_at', $2 || '_key_id')`,
    [`"${table}"`, table],
  );
  if (rows.length === 0) return;
  throw new ConfigurationError(
    `The table ${table} has what a copy of it would lose: ${rows.map(({ what }) => what).join(', ')}. Drop that, run the migration, and add it again.`,
  );
}

function ask<R>(runner: QueryRunner, text: string, values: unknown[]): Promise<R[]> {
  return runner.query(text, values) as Promise<R[]>;
}
