const LEAST_LENGTH = 20;
const SHOWN = 4;

/**
 * What may be shown of a key: `…` and its last 4 characters, or `…` alone for keys of fewer than 20 characters, of
 * which 4 would be too many.
 *
 * @example
 * ```ts
 * maskKey('an-example-of-an-api-key-1f9c'); // '…1f9c'
 * ```
 *
 * @publicApi
 */
export function maskKey(key: string): string {
  const characters = typeof key === 'string' ? [...key] : [];
  return characters.length < LEAST_LENGTH ? '…' : `…${characters.slice(-SHOWN).join('')}`;
}
