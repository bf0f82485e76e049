import { KeyWrapperError } from '../../errors/index.js';
import type { KeyWrapper } from '../../interfaces/index.js';
import { askWrapper } from '../../keyring/index.js';
import type { Connection } from '../connection.js';
import { describeFailure } from '../failure.js';
import { check, type Check } from './check.js';

/** Whether the key management services answer, as far as their wrappers can tell. @internal */
export function checkServices(wrappers: readonly KeyWrapper[]): Promise<Check[]> {
  return Promise.all(wrappers.map(checkService));
}

/** Whether there is a root; a check that says so where there is none. @internal */
export async function checkRootIsMade(client: Connection): Promise<Check | undefined> {
  // As JSON, for tables of before there was that column.
  const { rows } = await client.query<{ made: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM byok_keyring r WHERE to_jsonb(r) ->> 'wrapped_root' IS NOT NULL) AS made`,
  );
  if (rows[0].made) return undefined;
  return check(
    'root',
    'warn',
    'No root is wrapped in this database yet.',
    'Fine before the first start of the application with the KeyWrapper, which makes one.',
  );
}

async function checkService(wrapper: KeyWrapper): Promise<Check> {
  const { id } = wrapper;
  if (!wrapper.health)
    return check('kms', 'skip', `${id}: this wrapper cannot tell by itself whether its service answers.`);
  const begun = performance.now();
  try {
    await askWrapper(id, new AbortController().signal, async (signal) => wrapper.health?.({ signal }));
    return check('kms', 'ok', `${id}: the service answers in ${(performance.now() - begun).toFixed(0)} ms.`);
  } catch (error) {
    const { message, advice } = describeFailure(error);
    // Looking may be forbidden where wrapping and unwrapping are not, which is what counts.
    const isRefusal = error instanceof KeyWrapperError && error.refused;
    return check('kms', isRefusal ? 'warn' : 'fail', message, advice);
  }
}
