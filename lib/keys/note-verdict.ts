import type { KeyScope, KeySlot, KeyStorage, ListedKey, RecordVerdict } from '../storage/index.js';

/** Times that a verdict is noted while its record is sealed anew. */
const ATTEMPTS = 3;

/**
 * Notes a verdict on a key as it was read; `null` if another key is stored by now.
 *
 * @param read - The ciphertext as it was read.
 * @param isSame - Whether a record with another ciphertext is still the same key: it may have been sealed anew since.
 * @internal
 */
export async function noteVerdict(
  storage: KeyStorage,
  scope: KeyScope,
  { provider, label }: KeySlot,
  read: Buffer,
  verdict: RecordVerdict,
  isSame: (now: ListedKey) => boolean,
): Promise<ListedKey | null> {
  const slot = { provider, label };
  let current: Buffer | undefined = read;
  for (let attempt = 1; attempt <= ATTEMPTS && current; attempt++) {
    const noted = await storage.noteVerdict(scope, slot, current, verdict);
    if (noted) return noted;
    const now = await storage.readRecord(scope, slot);
    current = now && isSame(now) ? now.ciphertext : undefined;
  }
  return null;
}
