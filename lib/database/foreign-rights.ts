import { tablesOf, type AskDatabase } from './migrations/schema-state.js';
import { GRANTEE } from './migrations/table-facts.js';

/** What other roles may do with the tables, and the statements that take it from them. @internal */
export interface ForeignRights {
  /** Roles, with the rights that they have on any of the tables, as `anon (SELECT, INSERT)`. */
  roles: string[];
  statements: string[];
}

/**
 * Rights on the tables of roles that are neither their owner, nor this one, nor superusers, and rights that tables made
 * later would give to such roles. `PUBLIC` is everybody.
 *
 * @internal
 */
export async function foreignRights(ask: AskDatabase, table: string): Promise<ForeignRights> {
  const rows = await ask<{ grantee: string; rights: string | null; sql: string }>(
    `WITH ours AS (
      SELECT c.oid, relnamespace, relowner, relacl FROM pg_class c WHERE oid IN
        (SELECT to_regclass(quote_ident(name)) FROM unnest($1::text[]) AS name
          UNION ALL SELECT relid FROM pg_partition_tree(to_regclass(quote_ident($2))))
    ), given AS (
      SELECT oid, grantee, privilege_type AS "right" FROM ours, aclexplode(relacl) WHERE grantee <> relowner
      UNION SELECT o.oid, grantee, privilege_type FROM ours o JOIN pg_attribute ON attrelid = o.oid AND NOT attisdropped,
        aclexplode(attacl) WHERE grantee <> relowner
    ), later AS (
      SELECT DISTINCT d.oid, defaclrole, defaclnamespace, grantee
      FROM pg_default_acl d JOIN ours ON relowner = defaclrole AND defaclnamespace IN (0, relnamespace), aclexplode(defaclacl)
      WHERE defaclobjtype = 'r' AND grantee <> defaclrole
    ), meant AS (
      SELECT oid FROM pg_roles WHERE rolsuper OR rolname = current_user
    )
    SELECT name AS grantee, string_agg(DISTINCT "right", ', ') AS rights,
      format('REVOKE ALL ON %s FROM %s CASCADE;', string_agg(DISTINCT oid::regclass::text, ', '), name) AS sql
    FROM given, LATERAL (SELECT ${GRANTEE}) AS g(name)
    WHERE grantee NOT IN (SELECT oid FROM meant) GROUP BY name
    UNION ALL SELECT name, NULL, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON TABLES FROM %s;',
      pg_get_userbyid(defaclrole), (SELECT format(' IN SCHEMA %I', nspname) FROM pg_namespace n WHERE n.oid = defaclnamespace), name)
    FROM later, LATERAL (SELECT ${GRANTEE}) AS g(name)
    WHERE grantee NOT IN (SELECT oid FROM meant)
    ORDER BY 3 DESC`,
    [[...tablesOf(table), 'byok_migrations'], table],
  );
  const roles = rows.map(({ grantee, rights }) => `${grantee} (${rights ?? 'every new table'})`);
  return { roles, statements: rows.map(({ sql }) => sql) };
}

/**
 * What to log at the start. Only for a role that owns the table: if the application has a role of its own, somebody has
 * decided who may do what, and there is a role for operators too.
 *
 * @internal
 */
export async function rightsWarning(ask: AskDatabase, table: string): Promise<string | undefined> {
  const [{ owns }] = await ask<{ owns: boolean }>(
    'SELECT relowner = current_user::regrole AS owns FROM pg_class WHERE oid = to_regclass(quote_ident($1))',
    [table],
  );
  const { roles, statements } = owns ? await foreignRights(ask, table) : { roles: [], statements: [] };
  if (roles.length === 0) return undefined;
  return `Other database roles have rights on the tables of keys: ${roles.join(', ')}. Unless they are meant to have them, run: ${statements.join(' ')}`;
}
