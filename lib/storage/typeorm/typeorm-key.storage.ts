import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { ByokDatabase, toDate, toDateOrNull } from '../../database/index.js';
import { KeyLimitError, UserRequiredError } from '../../errors/index.js';
import type { ResolvedByokOptions } from '../../interfaces/index.js';
import type {
  KeyCaller,
  KeyRecord,
  KeyScope,
  KeySlot,
  KeyStorage,
  ListedKey,
  PutResult,
  RemovedKey,
  SealedKey,
} from '../key-storage.interface.js';
import { ExpiredKeys, type RemovedRow, toRemovedKey } from './expired-keys.js';
import { BatchedKeyReader } from './key-reader.js';
import { keyStatements, type KeyStatements } from './key-statements.js';
import { LastUsed } from './last-used.js';
import { sweepExpired } from './sweep.js';

/** More than the writes that can be under way for one owner at once, in a few instances. */
const UNCOUNTED_WRITES = 40;

interface ListedRow {
  provider: string;
  label: string;
  ciphertext: Buffer;
  key_id: Buffer;
  hint: string;
  fingerprint: Buffer;
  field_names: string[];
  created: string;
  updated: string;
  expires: string | null;
  used: string | null;
  expired: boolean;
}

interface WrittenRow {
  created: string;
  updated: string;
  expired: boolean;
  replaced: boolean;
}

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

  /** @internal */
  constructor(
    private readonly database: ByokDatabase,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {
    this.#reader = new BatchedKeyReader(database, options.tableName);
    this.#sql = keyStatements(options.tableName);
    this.#lastUsed = new LastUsed(database, options.tableName);
    this.#expired = new ExpiredKeys(database, options.tableName);
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
    const { created, updated, expired, replaced } = row;
    const dates = {
      createdAt: toDate(created),
      updatedAt: toDate(updated),
      lastUsedAt: null,
    };
    return { record: { ...record, ...dates, expired }, replaced };
  }

  async putIfAbsent(scope: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    return (await this.#insertLocked(this.#sql.putIfAbsent, scope, record, limit)) !== undefined;
  }

  read(scope: KeyScope, slots: readonly KeySlot[], isAbandoned?: () => boolean): Promise<(SealedKey | null)[]> {
    return this.#reader.read(scope.owner, slots, isAbandoned);
  }

  recordUse({ owner }: KeyScope, { provider, label }: KeySlot): void {
    this.#lastUsed.note(owner, provider, label);
  }

  async list(scope: KeyScope): Promise<ListedKey[]> {
    const rows = await this.database.query<ListedRow>({ ...this.#sql.list, values: ownerOf(scope) });
    return rows.map(toListedKey);
  }

  async readAll(scope: KeyScope): Promise<ListedKey[]> {
    const rows = await this.database.query<ListedRow>({ ...this.#sql.readAll, values: ownerOf(scope) });
    return rows.map(toListedKey);
  }

  async delete(scope: KeyScope, slot: KeySlot): Promise<boolean> {
    const values = [...ownerOf(scope), slot.provider, slot.label];
    return (await this.database.query({ ...this.#sql.delete, values })).length > 0;
  }

  async clear(scope: KeyScope): Promise<RemovedKey[]> {
    return this.#remove({ ...this.#sql.clear, values: ownerOf(scope) });
  }

  deleteExpired({ owner }: KeyScope): Promise<RemovedKey[]> {
    return this.#expired.delete(owner);
  }

  deleteAllExpired({ ifFree = false }: { ifFree?: boolean } = {}): AsyncIterable<RemovedKey[]> {
    return sweepExpired(this.database, this.options.tableName, ifFree);
  }

  async #insert(
    statement: { name: string; text: string },
    scope: KeyScope,
    record: KeyRecord,
    limit: number,
  ): Promise<WrittenRow | undefined> {
    return (await this.database.query<WrittenRow>({ ...statement, values: recordValues(scope, record, limit) }))[0];
  }

  #insertLocked(
    statement: { text: string },
    scope: KeyScope,
    record: KeyRecord,
    limit: number,
  ): Promise<WrittenRow | undefined> {
    return this.database.transaction(async (query) => {
      await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [ownerOf(scope).join('\n')]);
      const [row] = await query<WrittenRow>(statement.text, recordValues(scope, record, limit));
      return row;
    });
  }

  async #remove(statement: { name: string; text: string; values: unknown[] }): Promise<RemovedKey[]> {
    return (await this.database.query<RemovedRow>(statement)).map(toRemovedKey);
  }
}

function ownerOf({ owner }: KeyScope): [string, string] {
  return [owner.kind, owner.id];
}

function recordValues(scope: KeyScope, record: KeyRecord, limit: number): unknown[] {
  return [
    ...ownerOf(scope),
    record.provider,
    record.label,
    record.keyId,
    record.ciphertext,
    record.hint,
    record.fingerprint,
    record.fieldNames,
    record.expiresAt,
    limit,
  ];
}

function toListedKey(row: ListedRow): ListedKey {
  return {
    provider: row.provider,
    label: row.label,
    ciphertext: row.ciphertext,
    keyId: row.key_id,
    hint: row.hint,
    fingerprint: row.fingerprint,
    fieldNames: row.field_names,
    createdAt: toDate(row.created),
    updatedAt: toDate(row.updated),
    expiresAt: toDateOrNull(row.expires),
    lastUsedAt: toDateOrNull(row.used),
    expired: row.expired,
  };
}
