import pg from 'pg';

/** Catalogues of one database, whose rows are counted. Those of the whole server are not here. */
const CATALOGUES = [
  'pg_amop',
  'pg_attrdef',
  'pg_attribute',
  'pg_cast',
  'pg_class',
  'pg_collation',
  'pg_constraint',
  'pg_conversion',
  'pg_default_acl',
  'pg_description',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_index',
  'pg_language',
  'pg_largeobject_metadata',
  'pg_operator',
  'pg_policy',
  'pg_proc',
  'pg_publication',
  'pg_rewrite',
  'pg_seclabel',
  'pg_statistic_ext',
  'pg_trigger',
  'pg_ts_config',
  'pg_type',
];

/** What a database looks like. Its name, and the schemas that Postgres keeps for temporary tables, are left out. */
const IMAGE = `SELECT jsonb_build_object(
  'rows', jsonb_build_array(${CATALOGUES.map((each) => `(SELECT count(*) FROM ${each})`).join()}),
  'schemas', (SELECT jsonb_agg(to_jsonb(n) - 'oid' ORDER BY nspname) FROM pg_namespace n WHERE nspname !~ '^pg_(toast_)?temp_'),
  'database', (SELECT to_jsonb(d) - '{oid,datname,datfrozenxid,datminmxid,dattablespace}'::text[] FROM pg_database d
    WHERE datname = current_database()),
  'settings', (SELECT jsonb_agg(to_jsonb(s)) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase
    WHERE datname = current_database()),
  'rights', (SELECT jsonb_build_array(
    (SELECT md5(string_agg(relname || relacl::text, ',' ORDER BY c.oid)) FROM pg_class c WHERE relnamespace = 'pg_catalog'::regnamespace),
    (SELECT md5(string_agg(proname || proacl::text, ',' ORDER BY p.oid)) FROM pg_proc p))),
  'prepared', (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()),
  'slots', (SELECT count(*) FROM pg_replication_slots WHERE database = current_database()),
  'subscriptions', (SELECT count(*) FROM pg_subscription JOIN pg_database d ON d.oid = subdbid
    WHERE datname = current_database())) AS image`;

const EMPTY = `SET client_min_messages = error;
  DROP SCHEMA public CASCADE;
  CREATE SCHEMA public AUTHORIZATION pg_database_owner;
  GRANT USAGE ON SCHEMA public TO PUBLIC;
  COMMENT ON SCHEMA public IS 'standard public schema';
  DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET ALL', current_database()); END $$;
  SELECT pg_stat_reset()`;

/** Above this the catalogues have grown so much that they slow down what comes next. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/** What a database looks like, to compare it with another one. */
export function imageOf(url: string): Promise<string> {
  return connected(url, readImage);
}

/**
 * Ends the other connections to a database, and removes its settings and what a spec has made in the schema `public`.
 *
 * @param image - what a new database looks like
 * @returns whether the database is as new; if not, it must be dropped
 */
export async function emptied(url: string, image: string): Promise<boolean> {
  return connected(url, async (client) => {
    const { rows } = await client.query<{ ended: boolean }>(
      `SELECT pg_terminate_backend(pid, 60000) AS ended FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    if (!rows.every(({ ended }) => ended)) return false;
    await client.query(EMPTY);
    const size = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    return Number(size.rows[0].bytes) < LARGEST_BYTES && (await readImage(client)) === image;
  }).catch(() => false);
}

async function readImage(client: pg.Client): Promise<string> {
  return JSON.stringify((await client.query<{ image: object }>(IMAGE)).rows[0].image);
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
