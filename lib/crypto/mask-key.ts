const LEAST_LENGTH = 20;
const SHOWN = 4;

/**
 * What may be shown of a key: `…` and its last 4 characters. `…` alone for keys of fewer than 20 characters, of which 4
 * would be too many, and for files, whose ends are all alike.
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
  const isFile = /\s|^\{/.test(key);
  return characters.length < LEAST_LENGTH || isFile ? '…' : `…${characters.slice(-SHOWN).join('')}`;
}
