import { ByokService } from '../../keys/index.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { type Output, storedKeys } from '../output.js';
import { withServices } from '../services.js';
import type { Target } from '../target.js';

/** Removes expired keys. Needs no secret. @internal */
export async function sweep(output: Output, target: Target): Promise<ExitStatus> {
  const removed = await withServices(target, (services) => services.get(ByokService).deleteExpired());
  output.result({ removed }, [`Removed ${storedKeys(removed)} that had expired.`]);
  return EXIT.done;
}
