import { EncryptionService } from '../../crypto/index.js';
import { describeFailure } from '../failure.js';
import { faultOf, givenSecrets, type GlobalOptions } from '../settings.js';
import { check, type Check } from './check.js';

/** Whether the secrets are given and strong; with what they make, where they are. @internal */
export function checkSecrets(options: GlobalOptions): { checks: Check[]; encryption?: EncryptionService } {
  try {
    const secrets = givenSecrets(options);
    const faults = secrets.map(faultOf).filter((fault) => fault !== undefined);
    if (faults.length > 0) {
      return { checks: faults.map(({ message, advice }) => check('secret', 'fail', message, advice)) };
    }
    const encryption = new EncryptionService(secrets.map(({ text }) => text));
    const ids = encryption.keyIds.map((keyId) => keyId.toString('hex'));
    const others = ids.length > 1 ? `; ${ids.slice(1).join(', ')} open only` : '';
    return { checks: [check('secret', 'ok', `Strong. The key ${ids[0]} seals${others}.`)], encryption };
  } catch (error) {
    const { message, advice } = describeFailure(error);
    return { checks: [check('secret', 'fail', message, advice)] };
  }
}
