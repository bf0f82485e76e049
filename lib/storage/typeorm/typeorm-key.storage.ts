import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { ByokDatabase } from '../../database/index.js';
import { KeyConflictError, KeyLimitError, StorageError, UserRequiredError } from '../../errors/index.js';
import type { KeyOwner, ResolvedByokOptions } from '../../interfaces/index.js';
import type {
  FoundKey,
  KeyCaller,
  KeyQuery,
  KeyRecord,
  KeyScope,
  KeySlot,
  KeyStorage,
  ListedKey,
  OwnedSlot,
  PutResult,
  RecordChange,
  RecordVerdict,
  RemovedKey,
} from '../key-storage.interface.js';
import type { ImportedKey, ImportOptions, ImportOutcome, KeyNotice, NoticeAges } from '../many-keys.interface.js';
import { ExpiredKeys, type RemovedRow, toRemovedKey } from './expired-keys.js';
import { KeyImport } from './key-import.js';
import { BatchedKeyReader } from './key-reader.js';
import {
  asWritten,
  type ListedRow,
  ownerOf,
  type PutRow,
  recordValues,
  toListedKey,
  updateValues,
  type WrittenRow,
} from './key-rows.js';
import { keyStatements, type KeyStatements } from './key-statements.js';
import { LastUsed } from './last-used.js';
import { claimNotices } from './notices.js';
import { sweepExpired } from './sweep.js';
import { walkUnchecked } from './unchecked.js';
import { UNCOUNTED_WRITES } from './uncounted-writes.js';

/** SQLSTATE. */
const UNIQUE_VIOLATION = '23505';

/**
 * Keeps the sealed records of signed-in users in Postgres, one row a key.
 *
 * @publicApi
 */
@Injectable()
export class TypeOrmKeyStorage implements KeyStorage {
  readonly #reader: BatchedKeyReader;
  readonly #sql: KeyStatements;
  readonly #lastUsed: LastUsed;
  readonly #expired: ExpiredKeys;
  readonly #import: KeyImport;

  /** @internal */
  constructor(
    private readonly database: ByokDatabase,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {
    this.#reader = new BatchedKeyReader(database, options.tableName);
    this.#sql = keyStatements(options.tableName);
    this.#lastUsed = new LastUsed(database, options.tableName);
    this.#expired = new ExpiredKeys(database, options.tableName);
    this.#import = new KeyImport(database, options.tableName);
  }

  scopeOf(caller: KeyCaller): KeyScope {
    if (caller.userId === undefined) throw new UserRequiredError();
    return { source: 'database', owner: { kind: 'user', id: caller.userId } };
  }

  visitorScopeOf(): null {
    return null;
  }

  async put(scope: KeyScope, record: KeyRecord, limit: number): Promise<PutResult> {
    // Without a lock, writers at once do not count each other: so only far from the limit, and for replacing a key.
    // What is near the limit is counted under a lock, exactly.
    const row =
      (await this.#insert(this.#sql.put, scope, record, Math.max(0, limit - UNCOUNTED_WRITES))) ??
      (await this.#insertLocked(this.#sql.put, scope, record, limit));
    if (!row) throw new KeyLimitError(limit);
    return { record: asWritten(record, row), replaced: row.replaced };
  }

  async putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    return (await this.#insertLocked(this.#sql.putIfAbsent, scope, record, limit)) !== undefined;
  }

  importKeys(keys: readonly ImportedKey[], options: ImportOptions): Promise<ImportOutcome[]> {
    return this.#import.write(keys, options);
  }

  async update(scope: KeyScope, change: RecordChange, limit: number): Promise<ListedKey | null> {
    const { slot, record, read } = change;
    const values = updateValues(scope, change, limit);
    const row = await (record.label === slot.label ? this.#update(values) : this.#rename(scope, record, values));
    if (row) return asWritten(record, row);
    // An expired record did not count, and is one more. Otherwise it is another one by now.
    const now = await this.readRecord(scope, slot);
    if (now?.ciphertext.equals(read)) throw new KeyLimitError(limit);
    return null;
  }

  async #update(values: unknown[]): Promise<WrittenRow | undefined> {
    return (await this.database.query<WrittenRow>({ ...this.#sql.update, values }))[0];
  }

  async #rename(scope: KeyScope, { provider, label }: KeySlot, values: unknown[]): Promise<WrittenRow | undefined> {
    try {
      return await this.database.transaction(async (query) => {
        await query(this.#sql.dropExpired.text, [...ownerOf(scope), provider, label]);
        return (await query<WrittenRow>(this.#sql.update.text, values))[0];
      }, UNIQUE_VIOLATION);
    } catch (error) {
      if (!(error instanceof StorageError) || error.reason !== UNIQUE_VIOLATION) throw error;
      throw new KeyConflictError(true);
    }
  }

  async setDefault(scope: KeyScope, { provider, label }: KeySlot): Promise<ListedKey | null> {
    const values = [...ownerOf(scope), provider, label];
    const [row] = await this.database.query<ListedRow>({ ...this.#sql.setDefault, values });
    return row ? toListedKey(row) : null;
  }

  async pinDefaults(scope: KeyScope, providers: readonly string[]): Promise<void> {
    await this.database.query({ ...this.#sql.pinDefaults, values: [...ownerOf(scope), providers] });
  }

  read(scope: KeyScope, queries: readonly KeyQuery[], isAbandoned?: () => boolean): Promise<(FoundKey | null)[]> {
    return this.#reader.read(scope.owner, queries, isAbandoned);
  }

  async readAcross(
    scopes: readonly KeyScope[],
    queries: readonly KeyQuery[],
    isAbandoned?: () => boolean,
  ): Promise<(FoundKey | null)[][]> {
    return this.#reader.readAcross(
      scopes.map(({ owner }) => owner),
      queries,
      isAbandoned,
    );
  }

  async readRecord(scope: KeyScope, { provider, label }: KeyQuery): Promise<ListedKey | null> {
    const values = [...ownerOf(scope), provider, label ?? null];
    const [row] = await this.database.query<ListedRow>({ ...this.#sql.readRecord, values });
    return row ? toListedKey(row) : null;
  }

  async noteVerdict(
    scope: KeyScope,
    { provider, label }: KeySlot,
    read: Buffer,
    { outcome, reason, by }: RecordVerdict,
  ): Promise<ListedKey | null> {
    const values = [...ownerOf(scope), provider, label, read, outcome, reason, by];
    const [row] = await this.database.query<ListedRow>({ ...this.#sql.noteVerdict, values });
    return row ? toListedKey(row) : null;
  }

  recordUse({ owner }: KeyScope, { provider, label }: KeySlot): void {
    this.#lastUsed.note(owner, provider, label);
  }

  async list(scope: KeyScope, whole: readonly string[] = []): Promise<ListedKey[]> {
    const rows = await this.database.query<ListedRow>({ ...this.#sql.list, values: [...ownerOf(scope), whole] });
    return rows.map(toListedKey);
  }

  async readAll(scope: KeyScope): Promise<ListedKey[]> {
    const rows = await this.database.query<ListedRow>({ ...this.#sql.readAll, values: ownerOf(scope) });
    return rows.map(toListedKey);
  }

  async delete(scope: KeyScope, { provider, label }: KeyQuery): Promise<KeySlot | null> {
    const values = [...ownerOf(scope), provider, label ?? null];
    const [row] = await this.database.query<RemovedRow>({ ...this.#sql.delete, values });
    return row ? { provider: row.provider, label: row.label } : null;
  }

  async clear(scope: KeyScope): Promise<RemovedKey[]> {
    return this.#remove({ ...this.#sql.clear, values: ownerOf(scope) });
  }

  deleteExpired({ owner }: KeyScope): Promise<RemovedKey[]> {
    return this.#expired.delete(owner);
  }

  unchecked(providers: readonly string[], age: number, owner?: KeyOwner): AsyncIterable<OwnedSlot[]> {
    return walkUnchecked(this.database, this.options.tableName, { providers, age, owner });
  }

  claimNotices(ages: NoticeAges): AsyncIterable<KeyNotice[]> {
    return claimNotices(this.database, this.options.tableName, ages);
  }

  deleteAllExpired({ ifFree = false }: { ifFree?: boolean } = {}): AsyncIterable<RemovedKey[]> {
    return sweepExpired(this.database, this.options.tableName, ifFree);
  }

  async #insert(
    statement: { name: string; text: string },
    scope: KeyScope,
    record: KeyRecord,
    limit: number,
  ): Promise<PutRow | undefined> {
    return (await this.database.query<PutRow>({ ...statement, values: recordValues(scope, record, limit) }))[0];
  }

  #insertLocked(
    statement: { text: string },
    scope: KeyScope,
    record: KeyRecord,
    limit: number,
  ): Promise<PutRow | undefined> {
    return this.database.transaction(async (query) => {
      await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [ownerOf(scope).join('\n')]);
      const [row] = await query<PutRow>(statement.text, recordValues(scope, record, limit));
      return row;
    });
  }

  async #remove(statement: { name: string; text: string; values: unknown[] }): Promise<RemovedKey[]> {
    return (await this.database.query<RemovedRow>(statement)).map(toRemovedKey);
  }
}
