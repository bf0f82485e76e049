import type { INestApplicationContext } from '@nestjs/common';
import { EncryptionService } from '../crypto/index.js';
import { KeyringTable } from '../keyring/index.js';
import { CliError } from './cli-error.js';

/**
 * Sees that the given secrets are those of this database before anything is sealed with the first of them. Rows of
 * single secrets that are not given are let pass: they are reported as unreadable.
 *
 * @throws CliError if none of them opens what is stored, or one is not what the database has under its id
 * @internal
 */
export async function requireOwnSecrets(registry: KeyringTable, encryption: EncryptionService): Promise<void> {
  const given = new Set(encryption.keyIds.map((keyId) => keyId.toString('hex')));
  const registered = await registry.registered();
  const used = registered.filter(({ used }) => used).map(({ keyId }) => keyId.toString('hex'));
  if (used.length > 0 && !used.some((id) => given.has(id))) {
    throw new CliError(
      `None of the given secrets opens what is stored: it is sealed with the key ${used.join(', ')}. Nothing was changed.`,
      'Add the secret of that key to BYOK_SECRET, behind the new one.',
    );
  }
  for (const { keyId, canary } of registered) {
    const id = keyId.toString('hex');
    if (!given.has(id) || encryption.opensCanary(keyId, canary)) continue;
    throw new CliError(
      `The keyring's record of the key ${id} does not open with its secret: it was changed. Nothing was changed now.`,
      'Restore the row of byok_keyring from a backup.',
    );
  }
}

/** Whether the first secret has been in front here: an instance was started with it, or it was rotated to. @internal */
export async function isFirstInUse(registry: KeyringTable, { keyId }: EncryptionService): Promise<boolean> {
  return (await registry.registered()).some((key) => key.keyId.equals(keyId));
}

/**
 * What the start of an application does before anything is sealed: sees that the secrets are the right ones, and puts
 * the first one's key in use, for rows to refer to.
 *
 * @param write - false: only the first.
 * @throws CliError also where the first secret is retired
 * @internal
 */
export async function prepareToSeal(services: INestApplicationContext, write = true): Promise<void> {
  const registry = services.get(KeyringTable, { strict: false });
  const encryption = services.get(EncryptionService, { strict: false });
  await requireOwnSecrets(registry, encryption);
  const { keyId } = encryption;
  if (!write || (await registry.register(keyId, encryption.canary(keyId)))) return;
  throw new CliError(
    `The first secret (key id ${keyId.toString('hex')}) is retired and must not seal again.`,
    'Put a newer one in front of it, or take it away.',
  );
}
