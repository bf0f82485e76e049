import { InvalidInputError, KeyLimitError } from '../errors/index.js';
import type { KeyRecord, KeyScope, KeyStorage, ListedKey, PutResult } from '../storage/index.js';

/**
 * Writes a record whose slot is free. Whether it is, the storage decides in the statement that writes it, so that of two
 * at once one is refused.
 *
 * @param refuse - Throws if the slot is taken.
 * @throws InvalidInputError if the slot is taken @throws KeyLimitError
 * @internal
 */
export async function createKey(
  storage: KeyStorage,
  place: KeyScope,
  record: KeyRecord,
  limit: number,
  refuse: (stored: ListedKey | null) => void = refuseTaken,
): Promise<PutResult> {
  const isWritten = await storage.putIfAbsent(place, record, limit);
  const stored = await storage.readRecord(place, record);
  if (!isWritten) {
    refuse(stored);
    throw new KeyLimitError(limit);
  }
  const now = new Date();
  // If it is gone again by now, it was there.
  return {
    record: stored ?? {
      ...record,
      createdAt: now,
      updatedAt: now,
      lastUsedAt: null,
      expired: false,
      isDefault: false,
      lastCheck: null,
    },
    replaced: false,
  };
}

/** @throws InvalidInputError if a record that is not expired is in the way @internal */
export function refuseTaken(stored: ListedKey | null): void {
  if (!stored || stored.expired) return;
  throw new InvalidInputError(
    'A key with this label is stored already. Write another label, or replace that key.',
    'taken',
  );
}
