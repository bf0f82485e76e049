import { connect, type Connection, describeUrl } from '../connection.js';
import { check, type Check } from '../doctor/check.js';
import { checkProtection } from '../doctor/grant-checks.js';
import { checkSecrets, type FoundSecrets } from '../doctor/secret-checks.js';
import { checkServer } from '../doctor/server-checks.js';
import { checkKeys, checkRights, checkSessions, checkTables } from '../doctor/table-checks.js';
import { checkRootIsMade, checkServices } from '../doctor/wrapper-checks.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { describeFailure } from '../failure.js';
import type { Output } from '../output.js';
import { databaseUrl, tableName } from '../settings.js';
import type { GlobalOptions } from '../arguments.js';
import { queryFn } from '../target.js';

/** Looks at everything that must be right, and says what to do where it is not. Writes nothing. @internal */
export async function doctor(output: Output, options: GlobalOptions): Promise<ExitStatus> {
  const table = tableName(options);
  const found = await checkSecrets(options);
  const checks = [...found.checks, ...(await checkServices(found.wrappers)), ...(await checkDatabase(table, found))];
  const failed = checks.filter(({ status }) => status === 'fail').length;
  const warned = checks.filter(({ status }) => status === 'warn').length;
  output.result({ ok: failed === 0, checks }, [
    ...checks.flatMap(lines),
    '',
    failed + warned === 0 ? 'All is well.' : `Failures: ${failed}. Warnings: ${warned}.`,
  ]);
  return failed > 0 ? EXIT.failed : EXIT.done;
}

async function checkDatabase(table: string, secrets: FoundSecrets): Promise<Check[]> {
  let url: string;
  let client: Connection;
  try {
    url = databaseUrl();
    client = await connect(url);
  } catch (error) {
    const { message, advice } = describeFailure(error);
    return [
      check('database', 'fail', message, advice),
      check('rest', 'skip', 'Without a database, nothing else can be looked at.'),
    ];
  }
  try {
    const server = await checkServer(client, new URL(url));
    server[0].message = `${describeUrl(url)}: ${server[0].message}`;
    return [...server, ...(await checkContents(client, url, table, secrets)), await checkSessions(client)];
  } catch (error) {
    const { message, advice } = describeFailure(error);
    return [check('database', 'fail', message, advice)];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkContents(client: Connection, url: string, table: string, found: FoundSecrets): Promise<Check[]> {
  const tables = await checkTables(client, table);
  if (tables.status === 'fail') return [tables, check('canary', 'skip', 'Not checked: tables are missing.')];
  const rights = [await checkRights(client, table), ...(await checkProtection(queryFn(client), table))];
  // Nothing could be said of rows that are not all seen.
  if (rights.some(({ name, status }) => name === 'rows' && status === 'fail')) return [tables, ...rights];
  const { checks, encryption } = await openKeys(client, url, table, found);
  if (encryption) return [tables, ...rights, ...checks, ...(await checkKeys(client, table, encryption))];
  return [tables, ...rights, ...checks, check('canary', 'skip', 'Not checked: none of the secrets can be used.')];
}

async function openKeys(
  client: Connection,
  url: string,
  table: string,
  { secrets, wrappers: [first], encryption }: FoundSecrets,
): Promise<Pick<FoundSecrets, 'checks' | 'encryption'>> {
  if (!first) return { checks: [], encryption };
  const unmade = await checkRootIsMade(client);
  if (unmade && secrets[0] === first) return { checks: [unmade] };
  // It loads Nest.
  const { checkRoots } = await import('../doctor/root-checks.js');
  return checkRoots({ url, table, secrets, audit: false }, first);
}

function lines({ name, status, message, advice }: Check): string[] {
  const indent = ' '.repeat(17);
  return [`${status.toUpperCase().padEnd(4)}  ${name.padEnd(11)}${message}`, ...(advice ? [indent + advice] : [])];
}
