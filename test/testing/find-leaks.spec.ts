import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { findLeaks } from '../../lib/entries/testing.js';
import { ResolvedApiKey } from '../../lib/index.js';

const SECRET = 'k"7Qm<2Zp&9Xt%4Lw+8Rd-of-the-tests';
const bytes = Buffer.from(SECRET);

class Holder {
  #secret = SECRET;
  get shown() {
    return this.#secret;
  }
}

class Printed {
  [inspect.custom]() {
    return `Printed { ${SECRET} }`;
  }
}

describe('findLeaks()', () => {
  it.each<[string, unknown, string[]]>([
    ['the secret itself', `before ${SECRET} after`, ['raw']],
    ['twelve characters of it', `before ${SECRET.slice(4, 16)}`, ['raw']],
    ['hex', `x${bytes.toString('hex')}`, ['hex']],
    ['base64', Buffer.from(`a${SECRET}`).toString('base64'), ['base64']],
    ['base64url', Buffer.from(`ab${SECRET}`).toString('base64url'), ['base64']],
    ['a URL', `?key=${encodeURIComponent(SECRET.slice(0, 14))}`, ['URL-encoded']],
    ['JSON', JSON.stringify({ key: SECRET.slice(0, 12) }), ['JSON']],
    ['HTML', SECRET.slice(3, 16).replace('&', '&amp;').replace('<', '&lt;'), ['HTML']],
    ['UTF-16', Buffer.from(SECRET, 'utf16le'), ['UTF-16']],
    ['its reverse', [...SECRET].reverse().join(''), ['reversed']],
    ['bytes', new Uint8Array(bytes), ['raw']],
    ['a part of a buffer', bytes.subarray(2, 20), ['raw']],
    ['an array buffer', new Uint8Array(bytes).buffer, ['raw']],
    ['a property, deep', { a: [{ b: { c: SECRET } }] }, expect.arrayContaining(['raw']) as never],
    ['the name of a property', { [SECRET]: 1 }, expect.arrayContaining(['raw']) as never],
    ['a hidden property', Object.defineProperty({}, 'x', { value: SECRET }), expect.arrayContaining(['raw']) as never],
    ['a symbol', { [Symbol('x')]: SECRET }, expect.arrayContaining(['raw']) as never],
    ['a Map', new Map([['a', new Set([SECRET])]]), expect.arrayContaining(['raw']) as never],
    ['headers', new Headers({ authorization: `Bearer ${SECRET}` }), expect.arrayContaining(['raw']) as never],
    ['a message', new Error(`no: ${SECRET}`), expect.arrayContaining(['raw']) as never],
    ['a cause', new Error('no', { cause: new Error(SECRET) }), expect.arrayContaining(['raw']) as never],
    ['errors of an aggregate', new AggregateError([new Error(SECRET)]), expect.arrayContaining(['raw']) as never],
    [
      'a property of an error',
      Object.assign(new Error('no'), { config: { key: SECRET } }),
      expect.arrayContaining(['raw']) as never,
    ],
    ['what it prints', new Printed(), expect.arrayContaining(['raw']) as never],
    ['what it serializes', { toJSON: () => ({ key: SECRET }) }, expect.arrayContaining(['JSON']) as never],
    ['a function', Object.assign(() => 1, { key: SECRET }), expect.arrayContaining(['raw']) as never],
  ])('finds %s', (_, haystack, encodings) => {
    expect(findLeaks(SECRET, 'nothing', haystack)).toEqual(encodings);
  });

  it('finds nothing where there is nothing', () => {
    const circle: Record<string, unknown> = { hint: `…${SECRET.slice(-4)}`, prefix: SECRET.slice(0, 11) };
    circle.self = circle;
    const key = new ResolvedApiKey('openai', 'default', SECRET, {}, 'database', null);
    const nothing = ['', null, undefined, 7, circle, new Holder(), key, new Error('no'), Buffer.alloc(0), Symbol('x')];
    expect(findLeaks(SECRET, ...nothing)).toEqual([]);
    expect(findLeaks(SECRET)).toEqual([]);
  });

  it('calls no getter', () => {
    let calls = 0;
    findLeaks(SECRET, Object.defineProperty({}, 'x', { get: () => calls++ }));
    expect(calls).toBe(0);
  });

  it('names all encodings of all haystacks', () => {
    expect(findLeaks(SECRET, [bytes.toString('hex')], bytes.toString('base64'))).toEqual(['base64', 'hex']);
  });

  it('refuses what it cannot search', () => {
    expect(() => findLeaks('short', 'short')).toThrow('findLeaks() needs a secret of at least 8 characters.');
    expect(() => findLeaks(SECRET, { response: new Response(SECRET) })).toThrow('Give it await response.text().');
  });
});
