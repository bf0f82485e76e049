import { EncryptionService } from '../../crypto/index.js';
import { ByokError, StorageError } from '../../errors/index.js';
import { KeyringTable } from '../../keyring/index.js';
import { RotationService } from '../../rotation/index.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { describeFailure } from '../failure.js';
import { isFirstInUse, requireOwnSecrets } from '../keyring-guard.js';
import type { Output } from '../output.js';
import { withServices } from '../services.js';
import type { Target } from '../target.js';

interface Retirement {
  keyId: string;
  /** `already`: it was before. */
  outcome: 'retired' | 'already' | 'refused';
  message?: string;
}

/** Has the database refuse keys for good. Without ids: those of every given secret but the first. @internal */
export async function retire(output: Output, keyIds: string[], target: Target): Promise<ExitStatus> {
  const done = await withServices(target, async (services) => {
    const encryption = services.get(EncryptionService, { strict: false });
    const registry = services.get(KeyringTable, { strict: false });
    await requireOwnSecrets(registry, encryption);
    await requireFirstInUse(registry, encryption);
    const others = encryption.keyIds.slice(1).map((keyId) => keyId.toString('hex'));
    const retirements: Retirement[] = [];
    for (const keyId of keyIds.length > 0 ? keyIds : others) {
      retirements.push(await retireOne(services.get(RotationService), keyId));
    }
    return retirements;
  });
  output.result({ keys: done }, done.length === 0 ? nothingToDo() : done.map(lineOf));
  return done.some(({ outcome }) => outcome === 'refused') ? EXIT.failed : EXIT.done;
}

/** With a list of secrets that no instance uses yet, the key that all of them seal with could be retired. */
async function requireFirstInUse(registry: KeyringTable, encryption: EncryptionService): Promise<void> {
  if (await isFirstInUse(registry, encryption)) return;
  throw new CliError(
    `The first secret (key id ${encryption.keyId.toString('hex')}) is not in use here. Nothing was changed.`,
    'Start the application with it in front, or rotate, before older keys are retired.',
  );
}

async function retireOne(rotation: RotationService, keyId: string): Promise<Retirement> {
  try {
    return { keyId, outcome: (await rotation.retire(keyId)) ? 'retired' : 'already' };
  } catch (error) {
    if (!(error instanceof ByokError) || error instanceof StorageError) throw error;
    return { keyId, outcome: 'refused', message: describeFailure(error).message };
  }
}

function lineOf({ keyId, outcome, message }: Retirement): string {
  if (outcome === 'refused') return `${keyId}: not retired. ${message}`;
  if (outcome === 'already') return `${keyId}: was retired before.`;
  return `${keyId}: retired. Its secret can be taken out of BYOK_SECRET, on every instance.`;
}

function nothingToDo(): string[] {
  return ['Nothing to retire: only one secret is given. Of others, give the key id: npx nestjs-byok retire <keyId>'];
}
