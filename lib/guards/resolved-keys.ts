import type { ByokRequest } from '../interfaces/index.js';
import type { ResolvedApiKey } from '../resolved-api-key.js';
import type { KeyRequirement } from './key-requirement.js';

/**
 * On the request itself: a map beside them, of keys that die young, costs the garbage collector more than the rest of
 * the guard. What is printed, serialised or cloned of it shows nothing, see {@link ResolvedApiKey}.
 */
const RESOLVED = Symbol('byok.resolved');

/** What was found for the requirements of each handler: in GraphQL one request runs several. */
interface WithResolved extends ByokRequest {
  [RESOLVED]?: { requirements: readonly KeyRequirement[]; keys: readonly ResolvedApiKey[] }[];
}

/** Keeps what the guard found, in the order of the requirements. @internal */
export function rememberResolved(
  request: WithResolved,
  requirements: readonly KeyRequirement[],
  keys: readonly ResolvedApiKey[],
): void {
  const found = { requirements, keys };
  if (request[RESOLVED]) request[RESOLVED].push(found);
  else request[RESOLVED] = [found];
}

/** @internal */
export function resolvedKeysOf(
  request: WithResolved,
  requirements: readonly KeyRequirement[],
): readonly ResolvedApiKey[] | undefined {
  return request[RESOLVED]?.find((each) => each.requirements === requirements)?.keys;
}
