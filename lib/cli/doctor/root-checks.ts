import { EncryptionService } from '../../crypto/index.js';
import type { KeyWrapper } from '../../interfaces/index.js';
import { KeyringTable } from '../../keyring/index.js';
import { describeFailure } from '../failure.js';
import { withServices } from '../services.js';
import type { Target } from '../target.js';
import { check, type Check } from './check.js';

/** Whether the services unwrap what they have wrapped, and by which of them it is wrapped. @internal */
export async function checkRoots(
  target: Target,
  first: KeyWrapper,
): Promise<{ checks: Check[]; encryption?: EncryptionService }> {
  try {
    return await withServices(target, async (services) => {
      const encryption = services.get(EncryptionService, { strict: false });
      const roots = await services.get(KeyringTable, { strict: false }).wrappedRoots();
      const checks = roots.map(({ keyId, wrapperId }) => {
        const unwrapped = `The root of the key ${keyId.toString('hex')} is wrapped by ${wrapperId}, and unwrapped`;
        if (wrapperId === first.id) return check('root', 'ok', `${unwrapped}.`);
        return check(
          'root',
          'warn',
          `${unwrapped}; ${first.id} stands before it.`,
          'Have the first one wrap it: npx nestjs-byok rewrap, or start the application. Do not take the other away before.',
        );
      });
      return { checks, encryption };
    });
  } catch (error) {
    const { message, advice } = describeFailure(error);
    return { checks: [check('root', 'fail', message, advice)] };
  }
}
