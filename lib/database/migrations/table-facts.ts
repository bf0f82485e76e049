import type { AskDatabase } from './schema-state.js';

/** A table or a partition: its oid, and its name as SQL writes it. @internal */
export interface TableName {
  id: string;
  name: string;
}

/**
 * Something about a table that a copy of it must have too, as the statement that makes it so: `head`, the table's name,
 * `tail`.
 */
export interface TableFact {
  id: string;
  /** Whether it holds for every table, for partitions and plain tables, or only for the one that has the name. */
  scope: 'each' | 'leaf' | 'root';
  head: string;
  tail: string;
  /** The statement that undoes it, if there is one. */
  undo: string | null;
  undoTail: string | null;
}

/** SQL that names the role of a `grantee`. @internal */
export const GRANTEE = `CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END`;
const GRANTED = `|| CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`;
const NONE = 'NULL, NULL';

/** Who owns the tables, who may do what with which of their rows, and how they are kept. @internal */
export function factsOf(ask: AskDatabase, tables: readonly TableName[]): Promise<TableFact[]> {
  const text = `SELECT c.oid::text AS id, f.* FROM pg_class c, LATERAL (
    SELECT 'each' AS scope, 'ALTER TABLE ' AS head, ' OWNER TO ' || quote_ident(pg_get_userbyid(relowner)) AS tail,
      NULL AS undo, NULL AS "undoTail"
    UNION ALL SELECT 'each', 'GRANT ' || privilege_type || ' ON ', ' TO ' || ${GRANTEE} ${GRANTED},
      'REVOKE ' || privilege_type || ' ON ', ' FROM ' || ${GRANTEE}
      FROM aclexplode(coalesce(relacl, acldefault('r', relowner)))
    UNION ALL SELECT 'each', format('GRANT %s (%I) ON ', privilege_type, attname), ' TO ' || ${GRANTEE} ${GRANTED},
      format('REVOKE %s (%I) ON ', privilege_type, attname), ' FROM ' || ${GRANTEE}
      FROM pg_attribute, aclexplode(attacl) WHERE attrelid = c.oid AND NOT attisdropped
    UNION ALL SELECT 'each', 'ALTER TABLE ', ' ENABLE ROW LEVEL SECURITY', ${NONE} WHERE relrowsecurity
    UNION ALL SELECT 'each', 'ALTER TABLE ', ' FORCE ROW LEVEL SECURITY', ${NONE} WHERE relforcerowsecurity
    UNION ALL SELECT 'each', format('CREATE POLICY %I ON ', polname), concat(
        CASE WHEN polpermissive THEN ' AS PERMISSIVE' ELSE ' AS RESTRICTIVE' END,
        CASE polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
          WHEN 'd' THEN ' FOR DELETE' ELSE ' FOR ALL' END,
        ' TO ', (SELECT string_agg(${GRANTEE}, ', ' ORDER BY grantee) FROM unnest(polroles) AS grantee),
        ' USING (' || pg_get_expr(polqual, polrelid) || ')',
        ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')'), ${NONE}
      FROM pg_policy WHERE polrelid = c.oid
    UNION ALL SELECT 'each', 'ALTER TABLE ',
      CASE relreplident WHEN 'n' THEN ' REPLICA IDENTITY NOTHING' ELSE ' REPLICA IDENTITY FULL' END, ${NONE}
      WHERE relreplident IN ('n', 'f')
    UNION ALL SELECT 'each', 'ALTER TABLE ', format(' SET TABLESPACE %I', spcname), ${NONE}
      FROM pg_tablespace t WHERE t.oid = reltablespace
    UNION ALL SELECT 'each', 'ALTER TABLE ', format(' ALTER COLUMN %I SET STATISTICS %s', attname, attstattarget), ${NONE}
      FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND coalesce(attstattarget, -1) <> -1
    UNION ALL SELECT 'each', 'ALTER TABLE ', format(' ALTER COLUMN %I SET (%s)', attname, array_to_string(attoptions, ', ')), ${NONE}
      FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attoptions IS NOT NULL
    UNION ALL SELECT 'leaf', 'ALTER TABLE ', format(' SET (%s)', array_to_string(reloptions, ', ')), ${NONE}
      WHERE reloptions IS NOT NULL
    UNION ALL SELECT 'leaf', 'ALTER TABLE ', (SELECT format(' SET (%s)', string_agg('toast.' || o, ', ' ORDER BY o)) FROM unnest(t.reloptions) o), ${NONE}
      FROM pg_class t WHERE t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL
    UNION ALL SELECT 'root', 'COMMENT ON TABLE ', ' IS ' || quote_literal(description), ${NONE}
      FROM pg_description WHERE objoid = c.oid AND classoid = 'pg_class'::regclass AND objsubid = 0
    UNION ALL SELECT 'root', 'COMMENT ON COLUMN ', format('.%I IS %L', attname, description), ${NONE}
      FROM pg_description JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
      WHERE objoid = c.oid AND classoid = 'pg_class'::regclass AND objsubid > 0
    UNION ALL SELECT 'root', format('COMMENT ON CONSTRAINT %I ON ', conname), ' IS ' || quote_literal(description), ${NONE}
      FROM pg_description JOIN pg_constraint k ON k.oid = objoid WHERE conrelid = c.oid AND classoid = 'pg_constraint'::regclass
    UNION ALL SELECT 'root', format('COMMENT ON POLICY %I ON ', polname), ' IS ' || quote_literal(description), ${NONE}
      FROM pg_description JOIN pg_policy p ON p.oid = objoid WHERE polrelid = c.oid AND classoid = 'pg_policy'::regclass
  ) f WHERE c.oid = ANY ($1::oid[])`;
  return ask<TableFact>(text, [tables.map(({ id }) => id)]);
}

/** What two tables have in common if it is the same for both: the statement without the table's name. @internal */
export function statementOf({ head, tail }: TableFact): string {
  return `${head}…${tail}`;
}

/** The facts of a table by their statements, to be compared with another table's. @internal */
export function statementsOf(facts: readonly TableFact[], id: string, scope: TableFact['scope']): string[] {
  return facts
    .filter((fact) => fact.id === id && fact.scope === scope)
    .map(statementOf)
    .sort();
}

/** What only one of them has. @internal */
export function differences(one: readonly string[], other: readonly string[]): string[] {
  return [...one.filter((each) => !other.includes(each)), ...other.filter((each) => !one.includes(each))];
}

/** Partitions that are not protected as the table they are part of, with what differs. @internal */
export async function partitionDifferences(
  ask: AskDatabase,
  table: string,
): Promise<{ name: string; what: string[] }[]> {
  const tree = await treeOf(ask, table);
  const facts = await factsOf(ask, tree);
  const [root, ...parts] = tree;
  const [first] = parts;
  return parts
    .map(({ id, name }) => ({
      name,
      what: [
        ...differences(statementsOf(facts, root.id, 'each'), statementsOf(facts, id, 'each')),
        ...differences(statementsOf(facts, first.id, 'leaf'), statementsOf(facts, id, 'leaf')),
      ],
    }))
    .filter(({ what }) => what.length > 0);
}

/** The table, then its partitions. @internal */
export function treeOf(ask: AskDatabase, table: string): Promise<TableName[]> {
  const text = `SELECT c.oid::text AS id, c.oid::regclass::text AS name FROM pg_class c
    WHERE c.oid = to_regclass($1) OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)))
    ORDER BY c.oid <> to_regclass($1), relname`;
  return ask(text, [`"${table}"`]);
}
