import { EncryptionService } from '../../crypto/index.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { Output } from '../output.js';

/** Prints a new secret, and nothing else, so that it can go into a file or a secret store. @internal */
export async function generateSecret(output: Output): Promise<ExitStatus> {
  const secret = EncryptionService.generateSecret();
  output.result({ secret, keyId: new EncryptionService(secret).keyId.toString('hex') }, [secret]);
  return EXIT.done;
}
