import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ByokModule } from '../byok.module.js';
import { ByokStartup } from '../byok.startup.js';
import { EncryptionService } from '../crypto/index.js';
import { CliError } from './cli-error.js';
import { type Connection, withConnection } from './connection.js';
import { checkedSecrets, databaseUrl, type GlobalOptions, tableName } from './settings.js';

/** What a command needs of the module. @internal */
export interface ServiceNeeds {
  /**
   * `start`: as an application that starts, which is refused without a secret that rows are sealed with. `given`: with
   * the given secrets, whatever rows say. `none`: no key is opened or sealed.
   */
  secrets: 'start' | 'given' | 'none';
}

/** Makes the module's services on the database, without an application, for the time of the work. @internal */
export async function withServices<T>(
  options: GlobalOptions,
  needs: ServiceNeeds,
  work: (services: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const table = tableName(options);
  const url = databaseUrl();
  // One that nothing is sealed with, where none is needed.
  const secret = needs.secrets === 'none' ? EncryptionService.generateSecret() : checkedSecrets(options);
  const audit = await withConnection(url, async (client) => {
    await requireTables(client, table);
    return isAudited(client);
  });
  const definition = ByokModule.forRoot({
    secret,
    db: { type: 'postgres', url, applicationName: 'nestjs-byok cli', migrationsRun: false },
    tableName: table,
    // A transaction pooler may be in between, and the few statements are large.
    preparedStatements: false,
    cleanup: { onRequest: false, sweepEvery: null },
    dashboard: false,
    api: false,
    rateLimit: false,
    https: 'off',
    audit,
  });
  if (needs.secrets !== 'start') definition.providers = definition.providers!.filter((each) => each !== ByokStartup);
  const services = await NestFactory.createApplicationContext(definition, { logger: false, abortOnError: false });
  try {
    return await work(services);
  } finally {
    await services.close();
  }
}

async function requireTables(client: Connection, table: string): Promise<void> {
  const sql = `SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL`;
  const needed = [table, 'byok_keyring', 'byok_retired_keys', 'byok_audit_log'];
  const { rows } = await client.query<{ name: string }>(sql, [needed]);
  if (rows.length === 0) return;
  throw new CliError(
    `Tables are missing in the database: ${rows.map(({ name }) => name).join(', ')}.`,
    rows.some(({ name }) => name === table) && rows.length === 1
      ? 'Is that the name of the table (--table)? Else make it: npx nestjs-byok migrate'
      : 'Make them: npx nestjs-byok migrate',
  );
}

/** Whether the application keeps an audit log, so that what is done here belongs into it. */
async function isAudited(client: Connection): Promise<boolean> {
  try {
    const { rows } = await client.query<{ used: boolean }>('SELECT EXISTS (SELECT 1 FROM byok_audit_log) AS used');
    return rows[0].used;
  } catch (error) {
    // A role that may not look: what needs the log says so.
    if ((error as { code?: string }).code === '42501') return true;
    throw error;
  }
}
