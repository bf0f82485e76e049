import { randomBytes } from 'node:crypto';
import { LeakSearch as Search } from '../../lib/testing/index.js';

/** Characters in a row that give a key away. */
const WINDOW = 8;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A key that stands nowhere else: random all over, so that no eight characters of it are found by chance, and with
 * characters that JSON, HTML and URLs write differently. It begins with a letter: of what begins like a number a
 * parser of JSON tells only where it ends, and the control that expects a quotation would find none.
 */
export function makeCanary(length = 40): string {
  const random = (n: number) => [...randomBytes(n)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  const part = Math.ceil((length - 6) / 6);
  return `k${['"', '\\', '<', '&', '%', '+']
    .map((special) => random(part) + special)
    .join('')
    .slice(1)}`;
}

/** A search for any eight characters in a row of a canary, in every encoding that text comes in. */
export class LeakSearch extends Search {
  constructor(canary: string) {
    super(canary, WINDOW);
  }
}
