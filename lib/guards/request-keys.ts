import type { ExecutionContext } from '@nestjs/common';
import { RequestState } from '../identity/index.js';
import type { ResolvedApiKey } from '../keys/index.js';
import type { KeyRequirement } from './key-requirement.js';

interface Found {
  readonly requirements: readonly KeyRequirement[];
  readonly keys: readonly ResolvedApiKey[];
}

/**
 * What was found for the requirements of each handler: in GraphQL one request runs several. What is printed, serialised
 * or cloned of it shows nothing, see {@link ResolvedApiKey}.
 */
const resolved = new RequestState<Found[]>('byok.resolved');

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
  request: object | undefined,
  requirements: readonly KeyRequirement[],
): readonly ResolvedApiKey[] | undefined {
  return request && resolved.get(request)?.find((each) => each.requirements === requirements)?.keys;
}

/**
 * What stands for the call of a handler: the request, or what comes with each message or field where one request lives
 * for many. Of a websocket it is the message, if that is an object: the first argument is the connection.
 *
 * @internal
 */
export function callOf(context: ExecutionContext): object | undefined {
  const args: unknown[] = context.getArgs();
  switch (context.getType<string>()) {
    case 'http':
      return args[0] as object;
    case 'ws':
      return args.slice(1).findLast(isObject);
    default:
      return args.findLast(isObject);
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
