import { ConfigurationError } from '../errors/index.js';
import type { ByokModuleOptions } from '../interfaces/index.js';
import { assertKnownKeys } from './option-checks.js';

type Database = ByokModuleOptions['db'];

const UNSET = 'the environment variable it is read from is probably not set';
const FORMS = 'a Postgres URL, TypeORM options or { dataSource: "name" }';

/**
 * Checks the option `db`. One that is there but empty is refused unless `storage: 'session'` is written: an application
 * that lost its DATABASE_URL would else start in session storage, and its users would be without their keys.
 *
 * @throws ConfigurationError
 * @internal
 */
export function checkDatabase(options: ByokModuleOptions): Database {
  const { db, storage } = options;
  if (!isEmpty(db)) return checkGiven(db);
  if ('db' in options && storage !== 'session') {
    throw new ConfigurationError(
      `db is given but empty: ${UNSET}. Set db to ${FORMS}. To keep keys in sessions only, write storage: 'session'.`,
    );
  }
  return undefined;
}

/**
 * What is wrong with a Postgres URL, as the end of a sentence that begins with its name. It never quotes the URL.
 *
 * @internal
 */
export function databaseUrlFault(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    return 'must be a Postgres URL such as postgres://user:password@host:5432/database.';
  }
  if (isParsable(url)) return undefined;
  return 'is not a valid Postgres URL. Percent-encode special characters in the user and the password: # is %23, % is %25, / is %2F, ? is %3F, @ is %40.';
}

function isParsable(url: string): boolean {
  try {
    // Without a host there is a socket, which the driver takes but URL does not.
    const { username, password, pathname, search, hash } = new URL(url.replace('@/', '@localhost/'));
    decodeURIComponent(`${username}${password}${pathname}`);
    // A character that ends the password early leaves the rest of it, and the @, in a later part.
    return hash === '' && (username !== '' || !`${pathname}${search}`.includes('@'));
  } catch {
    return false;
  }
}

function checkGiven(db: Database): Database {
  if (typeof db === 'string') return checkUrl(db, 'db');
  if (typeof db !== 'object' || Array.isArray(db)) throw new ConfigurationError(`db must be ${FORMS}.`);
  if (!('type' in db)) {
    assertKnownKeys('db.', db, ['dataSource']);
    if ('dataSource' in db && isEmpty(db.dataSource)) {
      throw new ConfigurationError(
        `db.dataSource is given but empty: ${UNSET}. For the default connection, write db: {}.`,
      );
    }
    if (db.dataSource !== undefined && typeof db.dataSource !== 'string') {
      throw new ConfigurationError('db.dataSource must be the name of a TypeORM connection; {} is the default one.');
    }
    return db;
  }
  if (db.type !== 'postgres') throw new ConfigurationError("db.type must be 'postgres'.");
  if (db.synchronize) {
    throw new ConfigurationError('db.synchronize cannot be used: migrations create the tables. Leave it out.');
  }
  const { url, host, database } = db as { url?: unknown; host?: unknown; database?: unknown };
  if (!isEmpty(url)) return { ...db, url: checkUrl(url, 'db.url') };
  // For an empty part the driver takes a default of its own, which is another host or another database.
  if ('url' in db && isEmpty(host)) throw emptyPart('url');
  if ('host' in db && isEmpty(host)) throw emptyPart('host');
  if ('database' in db && isEmpty(database)) throw emptyPart('database');
  return db;
}

function emptyPart(part: string): ConfigurationError {
  return new ConfigurationError(`db.${part} is given but empty: ${UNSET}. Set it, or leave it out.`);
}

function checkUrl(url: unknown, name: string): string {
  const fault = typeof url === 'string' ? databaseUrlFault(url.trim()) : databaseUrlFault('');
  if (fault !== undefined) throw new ConfigurationError(`${name} ${fault}`);
  return (url as string).trim();
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value) || (typeof value === 'string' && !value.trim());
}
