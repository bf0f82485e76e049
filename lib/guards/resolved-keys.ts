import { RequestNotes } from '../byok.request-notes.js';
import type { ResolvedApiKey } from '../resolved-api-key.js';
import type { KeyRequirement } from './key-requirement.js';

interface Found {
  readonly requirements: readonly KeyRequirement[];
  readonly keys: readonly ResolvedApiKey[];
}

/**
 * What was found for the requirements of each handler: in GraphQL one request runs several. What is printed, serialised
 * or cloned of it shows nothing, see {@link ResolvedApiKey}.
 */
const resolved = new RequestNotes<Found[]>('byok.resolved');

/** Keeps what the guard found, in the order of the requirements. @internal */
export function rememberResolved(
  request: object,
  requirements: readonly KeyRequirement[],
  keys: readonly ResolvedApiKey[],
): void {
  const found = { requirements, keys };
  const known = resolved.get(request);
  if (known) known.push(found);
  else resolved.set(request, [found]);
}

/** @internal */
export function resolvedKeysOf(
  request: object,
  requirements: readonly KeyRequirement[],
): readonly ResolvedApiKey[] | undefined {
  return resolved.get(request)?.find((each) => each.requirements === requirements)?.keys;
}
