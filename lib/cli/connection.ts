import pg from 'pg';
import { CliError } from './cli-error.js';
import { describeFailure } from './failure.js';

/** Milliseconds to wait for the database, at the start and for one answer. */
const PATIENCE = 5_000;

/** One connection, for what a command wants to know before the work. @internal */
export type Connection = pg.Client;

/** @throws {CliError} saying what is wrong with the URL or the server @internal */
export async function connect(url: string): Promise<Connection> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'nestjs-byok cli',
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  });
  // A connection that is lost while nobody asks fails the next question.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const { message, advice } = describeFailure(error);
    throw new CliError(`The database at ${placeOf(url)} cannot be used. ${message}`, advice);
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
export function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  return `${hostname || searchParams.get('host') || 'localhost'}:${port || '5432'}${pathname}`;
}
