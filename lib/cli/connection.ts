import pg from 'pg';
import { CliError } from './cli-error.js';
import { describeFailure } from './failure.js';

/** Milliseconds to wait for the database, at the start and for one answer. */
const PATIENCE = 5_000;

/** One connection, for what a command wants to know before the work. @internal */
export type Connection = pg.Client;

/** @throws CliError saying what is wrong with the URL or the server @internal */
export async function connect(url: string): Promise<Connection> {
  let client: Connection | undefined;
  try {
    // Reads the files that the URL names.
    client = new pg.Client({
      connectionString: url,
      application_name: 'nestjs-byok cli',
      connectionTimeoutMillis: PATIENCE,
      query_timeout: PATIENCE,
    });
    // A connection that is lost while nobody asks fails the next question.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (error) {
    await client?.end().catch(() => undefined);
    const { message, advice } = describeFailure(error);
    throw new CliError(`The database at ${describeUrl(url)} cannot be used. ${message}`, advice);
  }
}

/** Connects, does the work and leaves. @internal */
export async function withConnection<T>(url: string, work: (client: Connection) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The URL without the user and the password. @internal */
export function describeUrl(url: string): string {
  const parsed = new URL(url);
  return `${hostOf(parsed)}:${parsed.port || '5432'}${parsed.pathname}`;
}

/** The host, or the folder of the socket, which begins with a slash; of two, that which the driver takes. @internal */
export function hostOf({ hostname, searchParams }: URL): string {
  return searchParams.get('host') || hostname.replace(/%2f/gi, '/') || 'localhost';
}
