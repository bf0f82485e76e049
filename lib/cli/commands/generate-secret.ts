import { EncryptionService } from '../../crypto/index.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { Output } from '../output.js';

/** Prints a new secret, and nothing else, so that it can go into a file or a secret store; or a line of a `.env` file. @internal */
export async function generateSecret(output: Output, { env = false }: { env?: boolean }): Promise<ExitStatus> {
  const secret = EncryptionService.generateSecret();
  const line = env ? `BYOK_SECRET=${secret}` : secret;
  output.result({ secret, keyId: new EncryptionService(secret).keyId.toString('hex') }, [line]);
  return EXIT.done;
}
