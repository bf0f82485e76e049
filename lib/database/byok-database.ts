import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokError, ConfigurationError, StorageError } from '../errors/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { requireSoundSettings, requireTables } from './connection-check.js';
import { codeOf, DatabaseTimeout, describeFailure, poolerHint, tablesHint } from './database-failure.js';
import { Deadlines } from './deadlines.js';
import { byokEntities } from './entities/index.js';
import { explainStart } from './failure-causes.js';
import { createByokMigrations } from './migrations/index.js';
import { migrate } from './migrations/migrate.js';
import { HIDDEN_ROWS, isHidingRows } from './row-security.js';
import { poolOf, throughPool, throughTypeOrm } from './typeorm-pool.js';

/** Name of the connection that the module opens. @publicApi */
export const BYOK_CONNECTION = 'byok';

/** Milliseconds after which the pool gives a silent connection up. A choice of the application's own wins. */
const TIMEOUTS = { connectionTimeoutMillis: 3_000, query_timeout: 4_000, keepAlive: true };
/** Asked for as a connection is opened, which a pooler by transaction refuses: its servers are not one client's. */
const STATEMENT_TIMEOUT = { statement_timeout: 4_000 };

/** Milliseconds a caller waits at most, whatever the pool is set to: one of the application's may wait for ever. @internal */
export const ANSWER_WITHIN = 4_500;

/** One statement. With a name, it is prepared once on each connection. @internal */
export interface Statement {
  name?: string;
  text: string;
  values: unknown[];
  /** SQLSTATE of a refusal that the caller expects and explains, so that it is not logged. */
  expected?: string;
}

/** SQLSTATE of a row that refers to an encryption key which `byok_keyring` has not, or of such a key's removal. @internal */
export const FOREIGN_KEY_VIOLATION = '23503';

/**
 * The database: a connection of the module's own, or one that the application has.
 *
 * @internal
 */
@Injectable()
export class ByokDatabase implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Logger('ByokModule');
  #dataSource: DataSource | undefined;
  #starting: Promise<DataSource> | undefined;
  readonly deadlines = new Deadlines();
  readonly #lastWork: (() => Promise<void>)[] = [];

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** Connects on the first call: a connection of the application's exists only after everything is constructed. */
  ready(): Promise<DataSource> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /**
   * @param within - Milliseconds to wait for the answer.
   * @throws StorageError for every failure of the database
   */
  query<R extends object>(statement: Statement, within = ANSWER_WITHIN): Promise<R[]> {
    const pool = poolOf(this.#dataSource);
    if (!pool) return this.#queryWithoutPool(statement, within);
    const { text, values } = statement;
    const sent = { name: this.options.preparedStatements ? statement.name : undefined, text, values };
    return this.#withDeadline(within, statement.expected, (resolve, reject) =>
      throughPool(pool, sent, resolve, reject),
    );
  }

  /**
   * Runs several statements in one transaction.
   *
   * @param expected - As in `Statement`.
   * @throws StorageError and what `work` throws of our own
   */
  async transaction<T>(
    work: (query: <R>(text: string, values: unknown[]) => Promise<R[]>) => Promise<T>,
    expected?: string,
  ): Promise<T> {
    const dataSource = await this.#started();
    return this.#withDeadline(ANSWER_WITHIN, expected, (resolve, reject) => {
      let isLate = false;
      const run = (manager: EntityManager) =>
        work(async (text, values) => {
          if (isLate) throw new DatabaseTimeout();
          return manager.query(text, values);
        });
      dataSource.transaction('READ COMMITTED', run).then(resolve, reject);
      return () => (isLate = true);
    });
  }

  /** Work that is to be done before the connection goes. It must not reject. */
  beforeClose(work: () => Promise<void>): void {
    this.#lastWork.push(work);
  }

  /** A connection of the application's may be gone when the next hook runs. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#finish();
  }

  async onApplicationShutdown(): Promise<void> {
    // Requests that were under way have ended since.
    await this.#finish();
    const dataSource = await this.#starting?.catch(() => undefined);
    if (dataSource?.isInitialized && !this.#isJoined()) await dataSource.destroy();
  }

  async #finish(): Promise<void> {
    if (this.#dataSource?.isInitialized) await Promise.all(this.#lastWork.map((work) => work()));
  }

  /** The first statements, and all where TypeORM shows no pool. */
  async #queryWithoutPool<R extends object>(statement: Statement, within: number): Promise<R[]> {
    const dataSource = await this.#started();
    if (poolOf(this.#dataSource)) return this.query(statement, within);
    return this.#withDeadline(within, statement.expected, (resolve, reject) => {
      throughTypeOrm<R>(dataSource, statement.text, statement.values).then(resolve, reject);
    });
  }

  async #started(): Promise<DataSource> {
    try {
      return this.#dataSource ?? (await this.ready());
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** The result of `run`, or a failure at the deadline; then the function that `run` returned is called. */
  #withDeadline<T>(
    within: number,
    expected: string | undefined,
    run: (resolve: (result: T) => void, reject: (error: unknown) => void) => (() => void) | void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let cancel: (() => void) | void = undefined;
      const deadline = this.deadlines.set(within, () => {
        cancel?.();
        reject(this.#translate(new DatabaseTimeout(), expected));
      });
      // An error after the deadline was already reported.
      const fail = (error: unknown) => this.deadlines.clear(deadline) && reject(this.#translate(error, expected));
      try {
        cancel = run((result) => this.deadlines.clear(deadline) && resolve(result), fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  async #start(): Promise<DataSource> {
    const dataSource = await (this.#isJoined() ? this.#join() : this.#open());
    const warning = await requireTables(dataSource, this.options.tableName);
    if (warning) this.#logger.warn(warning);
    this.#dataSource = dataSource;
    return dataSource;
  }

  #isJoined(): boolean {
    return typeof this.options.db === 'object' && !('type' in this.options.db);
  }

  async #join(): Promise<DataSource> {
    const name = (this.options.db as { dataSource?: string }).dataSource;
    let dataSource: DataSource | undefined;
    try {
      dataSource = this.moduleRef.get<DataSource>(getDataSourceToken(name), { strict: false });
    } catch {
      // Reported below.
    }
    if (!dataSource) {
      throw new ConfigurationError(
        `db: there is no TypeORM connection ${name ? `named '${name}'` : 'of the default name'}. Import TypeOrmModule.forRoot(…) beside ByokModule, or give db a Postgres URL.`,
      );
    }
    if (dataSource.options.type !== 'postgres') {
      throw new ConfigurationError(
        `db: the TypeORM connection is of type '${dataSource.options.type}'; Postgres is needed.`,
      );
    }
    await requireSoundSettings(dataSource);
    return dataSource;
  }

  async #open(): Promise<DataSource> {
    const { db, tableName, preparedStatements } = this.options;
    const given: DataSourceOptions = typeof db === 'string' ? { type: 'postgres', url: db } : (db as DataSourceOptions);
    if (given.type !== 'postgres') throw new ConfigurationError("db.type must be 'postgres'.");
    let dataSource: DataSource | undefined;
    try {
      dataSource = new DataSource({
        applicationName: 'nestjs-byok',
        migrationsTableName: 'byok_migrations',
        ...given,
        extra: { ...TIMEOUTS, ...(preparedStatements && STATEMENT_TIMEOUT), ...(given.extra as object | undefined) },
        entities: byokEntities,
        migrations: createByokMigrations(tableName),
        // Run below, under a lock.
        migrationsRun: false,
        synchronize: false,
      });
      await dataSource.initialize();
      // Before the tables land in a schema that nobody asked for.
      await requireSoundSettings(dataSource);
      if (given.migrationsRun !== false) await migrate(dataSource);
      return dataSource;
    } catch (error) {
      if (dataSource?.isInitialized) await dataSource.destroy().catch(() => {});
      if (error instanceof ConfigurationError) throw error;
      const hint = poolerHint(codeOf(error), preparedStatements) + tablesHint(codeOf(error));
      this.#logger.error(`Cannot use the database: ${describeFailure(error)}${hint}`);
      throw explainStart(error, hint.slice(2) || undefined);
    }
  }

  #translate(error: unknown, expected?: string): ByokError {
    if (error instanceof ByokError) return error;
    const reason = codeOf(error);
    if (isHidingRows(error)) {
      this.#logger.error(HIDDEN_ROWS);
      return new StorageError('The database hides stored keys from the application. See the log.', reason);
    }
    if (reason === FOREIGN_KEY_VIOLATION && reason !== expected) {
      this.#logger.error(
        'Postgres rejected a key encrypted with a retired secret (23503). This instance has an outdated secret first and cannot store keys. Restart it with the newest secret first.',
      );
    } else if (reason === undefined || reason !== expected) {
      // Only the kind of failure: a driver's message can quote a value, and its `detail` a whole row.
      const hint = poolerHint(reason, this.options.preparedStatements);
      this.#logger.error(`A database statement failed: ${describeFailure(error)}${hint}`);
    }
    return new StorageError(undefined, reason);
  }
}
