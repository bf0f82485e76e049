import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { referenceOpen, referenceSeal } from './reference.js';
import { context, rootBytes, serviceOf } from './support.js';

const service = serviceOf('round trip');
const bound = context();
const LIMIT = 4096;

// By character, so that what has to fit into 4 KiB may be of 1 to 4 bytes each.
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 1024 }),
    fc.string({ unit: 'grapheme', maxLength: 600 }),
    fc.string({ unit: 'binary-ascii', maxLength: LIMIT, size: 'max' }),
    fc.nat(LIMIT).map((length) => '\0'.repeat(length)),
  )
  .filter((each) => Buffer.byteLength(each) <= LIMIT);

describe('Any well-formed text up to 4 KiB', () => {
  it('comes back as it was given', () => {
    let longest = 0;
    fc.assert(
      fc.property(text, (each) => {
        longest = Math.max(longest, Buffer.byteLength(each));
        const sealed = service.encrypt(each, bound);
        expect((sealed.length - 90) % 64).toBe(0);
        expect(service.decrypt(sealed, bound)).toBe(each);
        expect(service.decrypt(service.reencrypt(sealed, bound), bound)).toBe(each);
      }),
      { numRuns: 1000 },
    );
    expect(longest).toBeGreaterThan(LIMIT / 2);
  });

  it('is read by the second writing of the format, and read from it', () => {
    const root = rootBytes('round trip');
    fc.assert(
      fc.property(text, (each) => {
        expect(referenceOpen(root, service.encrypt(each, bound), bound)).toBe(each);
        expect(service.decrypt(referenceSeal(root, each, bound), bound)).toBe(each);
      }),
      { numRuns: 100 },
    );
  });

  it('looks like nothing that was given, and never twice the same', () => {
    const given = 'an-example-of-an-api-key-1f9c'.repeat(4);
    const records = Array.from({ length: 50 }, () => service.encrypt(given, bound).toString('latin1'));
    expect(new Set(records.map((each) => each.slice(10, 42))).size).toBe(50);
    expect(new Set(records.map((each) => each.slice(90))).size).toBe(50);
    expect(records.filter((each) => each.includes('example'))).toEqual([]);
  });
});
