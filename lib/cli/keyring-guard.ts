import type { INestApplicationContext } from '@nestjs/common';
import { EncryptionService } from '../crypto/index.js';
import { inspectKeyring, KEYRING_FAULTS, type KeyringFault, KeyringTable } from '../keyring/index.js';
import { CliError } from './cli-error.js';

/**
 * Sees that the given secrets are those of this database before anything is sealed with the first of them. Rows of
 * single secrets that are not given are let pass: they are reported as unreadable.
 *
 * @throws CliError if none of them opens what is stored, or one is not what the database has under its id
 * @internal
 */
export async function requireOwnSecrets(registry: KeyringTable, encryption: EncryptionService): Promise<void> {
  const { used, missing, altered } = inspectKeyring(await registry.registered(), [], encryption);
  if (used.length > 0 && missing.length === used.length) {
    throw refusal(KEYRING_FAULTS.noneOpens(used, 'BYOK_SECRET'));
  }
  if (altered.length > 0) throw refusal(KEYRING_FAULTS.altered(altered));
}

function refusal({ message, advice }: KeyringFault): CliError {
  return new CliError(`${message} Nothing was changed.`, advice);
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
  throw refusal(KEYRING_FAULTS.retired(keyId.toString('hex')));
}
