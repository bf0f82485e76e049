import { ByokService } from '../../byok.service.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { type Output, storedKeys } from '../output.js';
import { withServices } from '../services.js';
import type { Site } from '../site.js';

/** Removes expired keys. Needs no secret. @internal */
export async function sweep(output: Output, site: Site): Promise<ExitStatus> {
  const removed = await withServices(site, (services) => services.get(ByokService).deleteExpired());
  output.result({ removed }, [`Removed ${storedKeys(removed)} that had expired.`]);
  return EXIT.done;
}
