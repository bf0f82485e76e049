import { isWrapper } from '../../crypto/index.js';
import { KeyringTable } from '../../keyring/index.js';
import { RotationService } from '../../rotation/index.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { Output } from '../output.js';
import { withServices } from '../services.js';
import type { Target } from '../target.js';

/** Has the first wrapper wrap the root of the keys anew. No stored key changes. @internal */
export async function rewrap(output: Output, target: Target): Promise<ExitStatus> {
  const wrapper = target.secrets.find(isWrapper);
  if (!wrapper) {
    throw new CliError(
      'No key management service is among the secrets, so nothing is wrapped.',
      'Write --secret-module <path>, or BYOK_SECRET_MODULE: a module whose default export has the KeyWrapper.',
    );
  }
  const { before, rewrapped } = await withServices(target, async (services) => {
    const before = await services.get(KeyringTable, { strict: false }).wrappedRoots();
    return { before, rewrapped: await services.get(RotationService).rewrap() };
  });
  const roots = before.map(({ keyId, wrapperId }) => ({ keyId: keyId.toString('hex'), wrappedBefore: wrapperId }));
  output.result({ wrapper: wrapper.id, rewrapped, roots }, [
    ...roots.map(({ keyId, wrappedBefore }) =>
      rewrapped < roots.length
        ? `The root of the key ${keyId} was wrapped anew by somebody else meanwhile: nothing was changed. See: npx nestjs-byok doctor`
        : `The root of the key ${keyId} was wrapped anew by ${wrapper.id}${wrappedBefore === wrapper.id ? '' : `, no longer by ${wrappedBefore}`}. No stored key was touched.`,
    ),
    ...(roots.length === 0 ? ['There is no root to wrap.'] : []),
  ]);
  return rewrapped < roots.length ? EXIT.failed : EXIT.done;
}
