import type { ResolvedApiKey } from '../resolved-api-key.js';
import type { KeyRequirement } from './key-requirement.js';

/** What the guard found for a request, in the order of the requirements. @internal */
export interface ResolvedKeys {
  readonly requirements: readonly KeyRequirement[];
  readonly keys: readonly ResolvedApiKey[];
}

const resolved = new WeakMap<object, ResolvedKeys>();

/** @internal */
export function rememberResolved(request: object, keys: ResolvedKeys): void {
  resolved.set(request, keys);
}

/** @internal */
export function resolvedKeysOf(request: object): ResolvedKeys | undefined {
  return resolved.get(request);
}
