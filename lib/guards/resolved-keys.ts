import type { ResolvedApiKey } from '../resolved-api-key.js';
import type { KeyRequirement } from './key-requirement.js';

/** Of each request, what was found for the requirements of a handler: in GraphQL one request runs several handlers. */
const resolved = new WeakMap<object, Map<readonly KeyRequirement[], readonly ResolvedApiKey[]>>();

/** Keeps what the guard found, in the order of the requirements. @internal */
export function rememberResolved(
  request: object,
  requirements: readonly KeyRequirement[],
  keys: readonly ResolvedApiKey[],
): void {
  const known = resolved.get(request);
  if (known) known.set(requirements, keys);
  else resolved.set(request, new Map([[requirements, keys]]));
}

/** @internal */
export function resolvedKeysOf(
  request: object,
  requirements: readonly KeyRequirement[],
): readonly ResolvedApiKey[] | undefined {
  return resolved.get(request)?.get(requirements);
}
