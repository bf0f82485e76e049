import type { EncryptionService } from '../crypto/index.js';
import type { RegisteredKey } from './keyring-table.js';

/**
 * Ids in hex of the keys that this instance should open and does not: a given secret that is not the one the database
 * knows under its id, or rows whose secret is not given. Those in `waiting` are left out.
 *
 * @internal
 */
export function findKeyringMismatches(
  registered: readonly RegisteredKey[],
  encryption: EncryptionService,
  waiting: ReadonlySet<string> = new Set(),
): string[] {
  const given = new Set(encryption.keyIds.map((keyId) => keyId.toString('hex')));
  return registered.flatMap(({ keyId, canary, used }) => {
    const id = keyId.toString('hex');
    if (waiting.has(id)) return [];
    return (given.has(id) ? !encryption.opensCanary(keyId, canary) : used) ? [id] : [];
  });
}
