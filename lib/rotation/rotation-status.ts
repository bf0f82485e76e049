import type { EncryptionService } from '../crypto/index.js';
import type { KeyringRegistry } from '../storage/index.js';
import { withRetries } from './retries.js';
import { BEGINNING, type Cursor, type RotationQueries } from './rotation-queries.js';
import type { RotationKeyStatus, RotationStatus } from './rotation.interface.js';

/** Rows counted in one statement: some tens of milliseconds. */
const ROWS_AT_A_TIME = 20_000;

/** Adds up what the database knows of its keys and rows. @throws {StorageError} @internal */
export async function readStatus(
  queries: RotationQueries,
  registry: KeyringRegistry,
  encryption: EncryptionService,
  signal: AbortSignal,
): Promise<RotationStatus> {
  const current = encryption.keyId.toString('hex');
  const given = new Set(encryption.keyIds.map((keyId) => keyId.toString('hex')));
  const keys = new Map<string, RotationKeyStatus>();
  const add = (keyId: string, state: RotationKeyStatus['state'], retiredAt: Date | null = null) =>
    keys.set(keyId, { keyId, state, rows: 0, secretKnown: given.has(keyId), retiredAt });
  // One of a given secret that never sealed a row is in neither list.
  for (const keyId of given) add(keyId, keyId === current ? 'current' : 'old');
  for (const { keyId } of await registry.registered()) {
    const id = keyId.toString('hex');
    if (!given.has(id)) add(id, 'old');
  }
  for (const { keyId, retiredAt } of await registry.retired()) add(keyId.toString('hex'), 'retired', retiredAt);
  let [rows, expired, unreadable] = [0, 0, 0];
  for (let cursor: Cursor | undefined = BEGINNING; cursor;) {
    const after: Cursor = cursor;
    const { counts, next } = await withRetries(signal, () => queries.counts(after, ROWS_AT_A_TIME));
    for (const [keyId, count, gone] of counts) {
      const key = keys.get(keyId) ?? add(keyId, 'old').get(keyId)!;
      key.rows += count;
      rows += count;
      expired += gone;
      if (!key.secretKnown) unreadable += count;
    }
    cursor = next;
  }
  return { current, keys: [...keys.values()], rows, expired, unreadable };
}
