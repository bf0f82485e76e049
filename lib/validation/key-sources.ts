/** The caller's own keys: a signed-in user's, or a visitor's. @internal */
export const USER_SOURCE = 'user';
/** The application's own keys. @internal */
export const PLATFORM_SOURCE = 'platform';

const KIND = /^[a-z][a-z0-9-]{0,31}$/;
/** What stands for an owner in a record's context, or for this library. */
const RESERVED = new Set([USER_SOURCE, PLATFORM_SOURCE, 'session', 'byok', 'canary']);

/** @internal */
export function isSharedKind(value: unknown): value is string {
  return typeof value === 'string' && KIND.test(value) && !RESERVED.has(value);
}

/** Different names of sources, at least one. @internal */
export function areSources(value: unknown): value is readonly string[] {
  const isSource = (name: unknown) => name === USER_SOURCE || name === PLATFORM_SOURCE || isSharedKind(name);
  return Array.isArray(value) && value.length > 0 && value.every(isSource) && new Set(value).size === value.length;
}
