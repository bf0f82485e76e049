import type { EncryptionService } from '../crypto/index.js';
import type { RegisteredKey } from './keyring-table.js';

/** How the given secrets fit the keyring of the database. Key ids are hex. @internal */
export interface KeyringInspection {
  /** The key that seals; `undefined` while a key management service keeps it locked. */
  active: string | undefined;
  /** Whether the active key is in the keyring already. */
  isActiveRegistered: boolean;
  /** Whether the active key is retired. */
  isActiveRetired: boolean;
  /** Keys that stored keys are sealed with. */
  used: string[];
  /** Used keys whose secret is not given. */
  missing: string[];
  /** Keys whose secret is given, but does not open the keyring's record of them: the row was changed. */
  altered: string[];
}

/** What is wrong, and what to do about it. @internal */
export interface KeyringFault {
  message: string;
  advice: string;
}

/**
 * Compares the given secrets with the keyring of the database.
 *
 * @param locked - Ids of keys that a key management service has not unlocked yet: nothing is known about them.
 * @internal
 */
export function inspectKeyring(
  registered: readonly RegisteredKey[],
  retired: readonly Buffer[],
  encryption: EncryptionService,
  locked: ReadonlySet<string> = new Set(),
): KeyringInspection {
  const known = registered.map((key) => ({ ...key, id: hex(key.keyId) })).filter(({ id }) => !locked.has(id));
  const given = new Set(encryption.keyIds.map(hex));
  const active = encryption.canSeal ? hex(encryption.keyId) : undefined;
  const used = known.filter((key) => key.used);
  return {
    active,
    isActiveRegistered: known.some(({ id }) => id === active),
    isActiveRetired: retired.some((keyId) => hex(keyId) === active),
    used: used.map(({ id }) => id),
    missing: used.filter(({ id }) => !given.has(id)).map(({ id }) => id),
    altered: known
      .filter(({ id, keyId, canary }) => given.has(id) && !encryption.opensCanary(keyId, canary))
      .map(({ id }) => id),
  };
}

/**
 * The messages for everything that can be wrong with a keyring.
 *
 * @param secrets - Where the secrets are given: `the array 'secret'`, or `BYOK_SECRET`.
 * @internal
 */
export const KEYRING_FAULTS = {
  altered: (ids: readonly string[]): KeyringFault => ({
    message: `The keyring's record of the key ${ids.join(', ')} does not open with its secret: the record was changed.`,
    advice: 'The secret is right. Restore the row of byok_keyring from a backup.',
  }),
  missing: (ids: readonly string[], secrets: string): KeyringFault => ({
    message: `Stored keys are sealed with a secret that is not given (key id ${ids.join(', ')}).`,
    advice: `Add that secret to ${secrets}, behind the new one.`,
  }),
  noneOpens: (ids: readonly string[], secrets: string): KeyringFault => ({
    message: `None of the given secrets opens what is stored: it is sealed with the key ${ids.join(', ')}.`,
    advice: `Add the secret of that key to ${secrets}, behind the new one.`,
  }),
  retired: (id: string): KeyringFault => ({
    message: `The first secret (key id ${id}) is retired and must not seal again.`,
    advice: 'Put a newer secret first, or remove this one.',
  }),
};

/**
 * Why an application must not start with these secrets, as far as keys in use tell; `undefined` if it may.
 *
 * @internal
 */
export function keyringFault({ altered, missing }: KeyringInspection, secrets: string): KeyringFault | undefined {
  if (altered.length > 0) return KEYRING_FAULTS.altered(altered);
  if (missing.length > 0) return KEYRING_FAULTS.missing(missing, secrets);
  return undefined;
}

function hex(keyId: Buffer): string {
  return keyId.toString('hex');
}
