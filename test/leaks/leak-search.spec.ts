import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { LeakSearch, makeCanary } from '../support/leak-search.js';

const canary = makeCanary().replace('+', 'é');
const search = new LeakSearch(canary);
const noise = (bytes: number) => randomBytes(bytes).toString('base64');
const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();

/** Eight characters from the middle, with all that is special in them. */
const windows = Array.from({ length: [...canary].length - 7 }, (_, i) => [...canary].slice(i, i + 8).join(''));

describe('LeakSearch', () => {
  it('finds nothing in what has no leak', () => {
    expect(search.find('')).toEqual([]);
    expect(search.find(noise(2_000_000))).toEqual([]);
    expect(search.find(randomBytes(1_000_000))).toEqual([]);
    expect(
      search.find(JSON.stringify({ hint: `…${canary.slice(-4)}`, other: makeCanary().replace('+', 'é') })),
    ).toEqual([]);
    for (const window of windows) expect(search.find(`${noise(30)}~${[...window].slice(0, 7).join('')}~`)).toEqual([]);
  });

  it.each<[string, (text: string) => string | Buffer]>([
    ['raw', (text) => `a key ${text} in a line`],
    ['raw', (text) => Buffer.concat([randomBytes(31), Buffer.from(text), randomBytes(7)])],
    ['hex', (text) => `\\x00${Buffer.from(text).toString('hex')}00`],
    ['hex', (text) => Buffer.from(text).toString('hex').toUpperCase()],
    ['base64', (text) => Buffer.from(text).toString('base64')],
    ['base64', (text) => Buffer.from(`?${text}?`).toString('base64')],
    ['base64', (text) => Buffer.from(`??${text}??`).toString('base64')],
    ['base64', (text) => Buffer.from(`??${text}`).toString('base64url')],
    [
      'base64',
      (text) => Buffer.from(JSON.stringify({ text: text.replace(/["\\]/g, '') + text })).toString('base64url'),
    ],
    ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
    ['UTF-16', (text) => Buffer.concat([Buffer.from([7]), swapped(text)])],
  ])('finds a whole key in %s', (encoding, encode) => {
    expect(search.encodings(encode(canary))).toContain(encoding);
    expect(search.encodings(encode(makeCanary().replace('+', 'é')))).toEqual([]);
  });

  it.each<[string, (text: string) => string | Buffer]>([
    ['raw', (text) => text],
    ['latin-1', (text) => Buffer.from(text, 'latin1')],
    ['hex', (text) => Buffer.from(text).toString('hex')],
    ['URL-encoded', (text) => `?key=${encodeURIComponent(text)}`],
    ['URL-encoded', (text) => new URLSearchParams({ text }).toString().replace(/%../g, (c) => c.toLowerCase())],
    ['JSON', (text) => JSON.stringify({ text })],
    ['JSON', (text) => JSON.stringify({ body: JSON.stringify({ text }) })],
    ['HTML', (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')],
    ['base64', (text) => Buffer.from(`x${text}x`).toString('base64')],
    ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
  ])('finds any eight characters of it in a row in %s', (encoding, encode) => {
    for (const window of windows) {
      const found = search.find(
        Buffer.concat([Buffer.from('before '), Buffer.from(encode(window) as string), Buffer.from(' after')]),
      );
      expect([window, found.length > 0]).toEqual([window, true]);
    }
    expect(windows.length).toBeGreaterThan(30);
    expect(windows.some((window) => search.encodings(encode(window)).includes(encoding))).toBe(true);
  });
});
