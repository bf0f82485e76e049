import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokDatabase, everyRow, everyRowWritten, FOREIGN_KEY_VIOLATION, epochMs, toDate } from '../database/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';

/** Any number, the same in every instance: a key is put in use and retired one after the other. */
const LOCK = 'SELECT pg_advisory_xact_lock(7267002)';

/** SQLSTATE of a column that is not there: the application has not run our newest migrations. @internal */
export const UNDEFINED_COLUMN = '42703';

/**
 * SQL that reads every {@link RegisteredKey}. Whether a row is sealed with one is seen by the first row in the order of the
 * index: for an EXISTS, Postgres expects to find a row soon, and reads a whole large table for a key that has none.
 *
 * @internal
 */
export function registeredKeysSql(table: string): string {
  const next = `SELECT k.key_id FROM "${table}" k WHERE k.key_id >= r.key_id ORDER BY k.key_id LIMIT 1`;
  return `SELECT r.key_id AS "keyId", r.canary, coalesce((${next}) = r.key_id, false) AS used FROM byok_keyring r
    LIMIT ${everyRow(['byok_keyring', `"${table}"`])}`;
}

/** An encryption key that the database knows. @internal */
export interface RegisteredKey {
  keyId: Buffer;
  canary: Buffer;
  /** Whether a row is sealed with it. */
  used: boolean;
}

/** The root of an encryption key, as a key management service wrapped it. @internal */
export interface WrappedRoot {
  keyId: Buffer;
  wrapped: Buffer;
  /** The `id` of the `KeyWrapper` that wrapped it. */
  wrapperId: string;
}

/**
 * What the database knows of encryption keys: which are in use and which are retired.
 *
 * @internal
 */
@Injectable()
export class KeyringTable {
  constructor(
    private readonly database: ByokDatabase,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  /** @param within - As in `ByokDatabase.query`. @throws StorageError */
  async registered(within?: number): Promise<RegisteredKey[]> {
    return this.database.query<RegisteredKey>({ text: registeredKeysSql(this.options.tableName), values: [] }, within);
  }

  /** @throws StorageError */
  async isRetired(keyId: Buffer): Promise<boolean> {
    const text = `SELECT 1 FROM byok_retired_keys WHERE key_id = $1 LIMIT ${everyRow('byok_retired_keys')}`;
    return (await this.database.query({ text, values: [keyId] })).length > 0;
  }

  /** Puts a key in use, unless it is retired; whether it is in use then. @throws StorageError */
  async register(keyId: Buffer, canary: Buffer): Promise<boolean> {
    return this.database.transaction(async (query) => {
      // An instance that starts while the key is being retired would else put it back.
      await query(LOCK, []);
      await query(
        `INSERT INTO byok_keyring (key_id, canary) SELECT $1, $2
          WHERE NOT EXISTS (SELECT 1 FROM byok_retired_keys WHERE key_id = $1) ON CONFLICT DO NOTHING`,
        [keyId, canary],
      );
      return (
        (
          await query(
            `SELECT 1 FROM byok_keyring WHERE key_id = $1 LIMIT ${everyRow(['byok_keyring', 'byok_retired_keys'])}`,
            [keyId],
          )
        ).length > 0
      );
    });
  }

  /** The newest first. @throws StorageError */
  async wrappedRoots(): Promise<WrappedRoot[]> {
    const text = `SELECT key_id AS "keyId", wrapped_root AS wrapped, wrapper_id AS "wrapperId" FROM byok_keyring
      WHERE wrapped_root IS NOT NULL ORDER BY created_at DESC, key_id LIMIT ${everyRow('byok_keyring')}`;
    return this.database.query<WrappedRoot>({ text, values: [], expected: UNDEFINED_COLUMN });
  }

  /** Puts a key in use, unless there is one with a wrapped root: of instances that start at once, one's is taken. @throws StorageError */
  async addWrappedRoot({ keyId, wrapped, wrapperId }: WrappedRoot, canary: Buffer): Promise<void> {
    await this.database.transaction(async (query) => {
      await query(LOCK, []);
      await query(
        `INSERT INTO byok_keyring (key_id, canary, wrapped_root, wrapper_id) SELECT $1, $2, $3, $4
          WHERE NOT EXISTS (SELECT 1 FROM byok_keyring WHERE wrapped_root IS NOT NULL) ON CONFLICT DO NOTHING`,
        [keyId, canary, wrapped, wrapperId],
      );
    });
  }

  /** Replaces the wrapping of a root, unless somebody else did since it was read; whether it did. @throws StorageError */
  async replaceWrapping(read: WrappedRoot, wrapped: Uint8Array, wrapperId: string): Promise<boolean> {
    const text = everyRowWritten(
      'byok_keyring',
      `UPDATE byok_keyring SET wrapped_root = $3, wrapper_id = $4
      WHERE key_id = $1 AND wrapped_root = $2 RETURNING 1`,
    );
    const rows = await this.database.query({
      text,
      values: [read.keyId, read.wrapped, Buffer.from(wrapped), wrapperId],
    });
    return rows.length > 0;
  }

  /** When which keys were retired. @throws StorageError */
  async retired(): Promise<{ keyId: Buffer; retiredAt: Date }[]> {
    const text = `SELECT key_id, ${epochMs('retired_at', 'retired')} FROM byok_retired_keys
      ORDER BY retired_at, key_id LIMIT ${everyRow('byok_retired_keys')}`;
    const rows = await this.database.query<{ key_id: Buffer; retired: string }>({ text, values: [] });
    return rows.map(({ key_id: keyId, retired }) => ({ keyId, retiredAt: toDate(retired) }));
  }

  /**
   * Moves a key to the retired ones, in one transaction.
   *
   * @throws StorageError with the reason `23503` where a row is still sealed with it
   */
  async retire(keyId: Buffer): Promise<void> {
    await this.database.transaction(async (query) => {
      await query(LOCK, []);
      await query(`SELECT 1 LIMIT ${everyRow(['byok_keyring', 'byok_retired_keys'])}`, []);
      // For the foreign key's look whether a row is left, which else may read a whole large table.
      await query('SET LOCAL enable_seqscan = off', []);
      await query('DELETE FROM byok_keyring WHERE key_id = $1', [keyId]);
      await query('INSERT INTO byok_retired_keys (key_id) VALUES ($1) ON CONFLICT DO NOTHING', [keyId]);
    }, FOREIGN_KEY_VIOLATION);
  }
}
