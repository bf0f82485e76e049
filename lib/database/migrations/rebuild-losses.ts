import { ConfigurationError } from '../../errors/index.js';
import type { AskDatabase } from './schema-state.js';
import { partitionDifferences, treeOf } from './table-facts.js';

const OURS = `conname IN ($2 || '_pkey', $2 || '_key_id_fkey')`;

/**
 * Refuses a table that has what a copy of it would lose: what somebody has added to it, and what cannot be carried over.
 *
 * @throws ConfigurationError that names each
 * @internal
 */
export async function refuseLosses(ask: AskDatabase, table: string): Promise<void> {
  const tree = await treeOf(ask, table);
  const found = await ask<{ what: string }>(
    `SELECT DISTINCT what FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace, LATERAL (
      SELECT 'trigger ' || tgname AS what FROM pg_trigger
        WHERE tgrelid = c.oid AND (NOT tgisinternal AND tgparentid = 0 OR tgisinternal AND tgenabled <> 'O')
      UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE ev_class = c.oid
      UNION ALL SELECT 'publication ' || pubname FROM pg_publication_tables WHERE schemaname = nspname AND tablename = relname
      UNION ALL SELECT 'constraint ' || conname FROM pg_constraint WHERE conrelid = c.oid AND conparentid = 0 AND contype <> 'n'
        AND NOT (${OURS} AND convalidated AND NOT condeferrable AND CASE contype
          WHEN 'p' THEN pg_get_constraintdef(oid) = 'PRIMARY KEY (owner_kind, owner_id, provider, label)'
          ELSE pg_get_constraintdef(oid) ~ '^FOREIGN KEY \\(key_id\\) REFERENCES (\\S+\\.)?byok_keyring\\(key_id\\)$' END)
      UNION ALL SELECT 'index ' || i.relname FROM pg_index x JOIN pg_class i ON i.oid = indexrelid
        WHERE indrelid = c.oid AND NOT i.relispartition AND NOT (i.relname IN ($2 || '_pkey', $2 || '_expires_at', $2 || '_key_id')
          AND indisvalid AND NOT indisclustered AND i.reltablespace = 0 AND i.reloptions IS NULL
          AND obj_description(i.oid, 'pg_class') IS NULL AND pg_get_indexdef(indexrelid) LIKE CASE i.relname
            WHEN $2 || '_pkey' THEN 'CREATE UNIQUE INDEX % USING btree (owner_kind, owner_id, provider, label)'
            WHEN $2 || '_key_id' THEN 'CREATE INDEX % USING btree (key_id)'
            ELSE 'CREATE INDEX % USING btree (expires_at) WHERE (expires_at IS NOT NULL)' END)
      UNION ALL SELECT format('right %s of %s that %s gave', privilege_type, grantee::regrole, grantor::regrole)
        FROM aclexplode(relacl) WHERE grantor <> relowner
      UNION ALL SELECT format('right on the column %s that %s gave', attname, grantor::regrole)
        FROM pg_attribute, aclexplode(attacl) WHERE attrelid = c.oid AND grantor <> relowner
      UNION ALL SELECT 'policy ' || polname || ', which names the table' FROM pg_policy WHERE polrelid = c.oid
        AND position(quote_ident(relname) || '.' IN concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))) > 0
      UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext WHERE stxrelid = c.oid
      UNION ALL SELECT 'security label of ' || provider FROM pg_seclabel WHERE objoid = c.oid AND classoid = 'pg_class'::regclass
      UNION ALL SELECT 'generated column ' || attname FROM pg_attribute
        WHERE attrelid = c.oid AND NOT attisdropped AND (attidentity <> '' OR attgenerated <> '')
      UNION ALL SELECT 'replica identity by an index' WHERE relreplident = 'i'
      UNION ALL SELECT 'no write-ahead log' WHERE relpersistence <> 'p'
      UNION ALL SELECT 'type ' || reloftype::regtype WHERE reloftype <> 0
      UNION ALL SELECT 'access method ' || amname FROM pg_am a WHERE a.oid = relam AND amname <> 'heap'
      UNION ALL SELECT 'parent ' || inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid AND inhparent <> ALL ($1::oid[])
      UNION ALL SELECT replace(pg_describe_object(classid, objid, objsubid), 'rule _RETURN on ', '') FROM pg_depend
        WHERE (refclassid = 'pg_class'::regclass AND refobjid = c.oid OR refclassid = 'pg_type'::regclass AND refobjid = reltype)
          AND (deptype = 'n' OR deptype = 'a' AND classid = 'pg_class'::regclass AND (SELECT relkind FROM pg_class WHERE oid = objid) = 'S')
          AND NOT (classid = 'pg_policy'::regclass AND objid IN (SELECT oid FROM pg_policy WHERE polrelid = ANY ($1::oid[])))
      UNION ALL SELECT 'rows that row level security hides from this role' WHERE row_security_active(c.oid)
    ) f WHERE c.oid = ANY ($1::oid[]) ORDER BY 1`,
    [tree.map(({ id }) => id), table],
  );
  const differing = (await partitionDifferences(ask, table)).map(
    ({ name, what }) => `the partition ${name}, which differs from the others (${what.join('; ')})`,
  );
  const losses = [...found.map(({ what }) => what), ...differing];
  if (losses.length === 0) return;
  throw new ConfigurationError(
    `The table ${table} has what a copy of it would lose: ${losses.join(', ')}. Remove that, run the migration, and add it again.`,
  );
}
