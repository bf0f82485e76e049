import { randomBytes } from 'node:crypto';
import type { ModuleRef } from '@nestjs/core';
import { ByokDatabase } from '../../lib/database/index.js';
import type { ByokModuleOptions } from '../../lib/index.js';
import type { KeyRecord } from '../../lib/entries/storage.js';
import { TypeOrmKeyStorage } from '../../lib/entries/storage.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import type { TestDatabase } from './postgres.js';

/** Id of an encryption key that is in the keyring of every `openDatabaseStorage()`. */
export const KEY_ID = Buffer.from('0102030405060708', 'hex');

/** A record whose bytes are opaque: what a storage is given, and has to give back. */
export function makeRecord(provider: string, more: Partial<KeyRecord> = {}): KeyRecord {
  return {
    provider,
    label: 'default',
    keyId: KEY_ID,
    ciphertext: Buffer.concat([Buffer.from([1, 1]), KEY_ID, randomBytes(144)]),
    hint: '…4321',
    fingerprint: randomBytes(16),
    fieldNames: [],
    expiresAt: null,
    ...more,
  };
}

export const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

/** The database storage over a connection of its own, as one instance of an application has it. */
export async function openDatabaseStorage(
  database: TestDatabase,
  options: Partial<ByokModuleOptions> = {},
): Promise<{ storage: TypeOrmKeyStorage; connection: ByokDatabase; close: () => Promise<void> }> {
  const resolved = resolveOptions({ secret: '', db: database.url, ...options });
  const connection = new ByokDatabase(resolved, {} as ModuleRef);
  await connection.ready();
  await database.query('INSERT INTO byok_keyring (key_id, canary) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    KEY_ID,
    Buffer.alloc(1),
  ]);
  return {
    storage: new TypeOrmKeyStorage(connection, resolved),
    connection,
    close: () => connection.onApplicationShutdown(),
  };
}

/** All that batches hold. */
export async function collect<T>(batches: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
