import type { EncryptionService } from '../crypto/index.js';
import type { KeyringTable } from '../keyring/index.js';
import { withRetries } from './retries.js';
import { BEGINNING, type Cursor, type KeyCounts, type RotationQueries } from './rotation-queries.js';
import type { RotationKeyStatus, RotationProviderStatus, RotationStatus } from './rotation.interface.js';

/** Rows counted in one statement: some tens of milliseconds. */
const ROWS_AT_A_TIME = 20_000;

/** Adds up what the database knows of its keys and rows. @throws StorageError @internal */
export async function readStatus(
  queries: RotationQueries,
  registry: KeyringTable,
  encryption: EncryptionService,
  signal: AbortSignal,
  expiringWithin: number,
): Promise<RotationStatus> {
  const current = encryption.keyId.toString('hex');
  const given = new Set(encryption.keyIds.map((keyId) => keyId.toString('hex')));
  const keys = new Map<string, RotationKeyStatus>();
  const add = (keyId: string, state: RotationKeyStatus['state'], retiredAt: Date | null = null) =>
    keys.set(keyId, { keyId, state, rows: 0, secretKnown: given.has(keyId), retiredAt });
  // One that no instance has had in front yet is in neither list.
  for (const keyId of given) add(keyId, keyId === current ? 'current' : 'unused');
  for (const { keyId } of await registry.registered()) {
    const id = keyId.toString('hex');
    if (id !== current) add(id, 'old');
  }
  for (const { keyId, retiredAt } of await registry.retired()) add(keyId.toString('hex'), 'retired', retiredAt);
  const providers = new Map<string, RotationProviderStatus>();
  for await (const counts of countsOf(queries, signal, expiringWithin / 1_000)) {
    for (const [keyId, provider, rows, expired, expiring] of counts) {
      const key = keys.get(keyId) ?? add(keyId, 'old').get(keyId)!;
      key.rows += rows;
      const sum = providers.get(provider) ?? { provider, rows: 0, expired: 0, expiring: 0, unreadable: 0 };
      providers.set(provider, sum);
      sum.rows += rows;
      sum.expired += expired;
      sum.expiring += expiring;
      if (!key.secretKnown) sum.unreadable += rows;
    }
  }
  const each = [...providers.values()].sort((a, b) => (a.provider < b.provider ? -1 : 1));
  const total = (what: Exclude<keyof RotationProviderStatus, 'provider'>) =>
    each.reduce((sum, provider) => sum + provider[what], 0);
  return {
    current,
    keys: [...keys.values()],
    rows: total('rows'),
    expired: total('expired'),
    expiring: total('expiring'),
    unreadable: total('unreadable'),
    providers: each,
    tableBytes: await queries.size(),
  };
}

async function* countsOf(
  queries: RotationQueries,
  signal: AbortSignal,
  within: number,
): AsyncGenerator<KeyCounts['counts']> {
  for (const part of await withRetries(signal, () => queries.parts())) {
    for (let cursor: Cursor | undefined = BEGINNING; cursor;) {
      const after: Cursor = cursor;
      const { counts, next } = await withRetries(signal, () => queries.counts(part, after, ROWS_AT_A_TIME, within));
      yield counts;
      cursor = next;
    }
  }
}
