import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeContext } from '../../lib/crypto/context.js';
import type { SealContext } from '../../lib/index.js';
import { referenceContext } from './reference.js';
import { context, Refusals, serviceOf, TEXT, withoutStacks } from './support.js';

const service = serviceOf('contexts');
const FIELDS = ['purpose', 'ownerKind', 'ownerId', 'provider', 'label', 'expiresAt'] as const;

// Joined, with or without a separator, many of these are the same.
const VALUES = {
  purpose: ['session', 'database', 'canary'],
  ownerKind: ['user', 'session', 'use'],
  ownerId: ['1', '11', 'r1', '1:a', 'a', '1\0a'],
  provider: ['a', 'aa', '1a', 'a:a', 'a\0a'],
  label: ['a', 'aa', 'a:a', ''],
  expiresAt: [null, new Date(0), new Date(1), new Date(11)],
} satisfies { [F in keyof SealContext]: SealContext[F][] };

function matrix(): SealContext[] {
  let all: Partial<SealContext>[] = [{}];
  for (const field of FIELDS) all = all.flatMap((each) => VALUES[field].map((value) => ({ ...each, [field]: value })));
  return all as SealContext[];
}

const parts = (each: SealContext) =>
  FIELDS.map((field) => (field === 'expiresAt' ? String(each.expiresAt?.getTime() ?? '') : each[field]));

const anyContext = (text: fc.Arbitrary<string>): fc.Arbitrary<SealContext> =>
  fc.record({
    purpose: fc.constantFrom('session', 'database', 'canary'),
    ownerKind: text,
    ownerId: text,
    provider: text,
    label: text,
    expiresAt: fc.option(fc.date({ noInvalidDate: true })),
  });
const wellFormed = fc.string({ unit: 'binary', maxLength: 300 });
// So few letters that two contexts are often the same when joined.
const narrow = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u0001'), maxLength: 3 });

describe('A record and its context', () => {
  it('belong together: of a matrix of colliding values only the diagonal opens', () => {
    const contexts = matrix();
    expect(contexts).toHaveLength(3 * 3 * 6 * 5 * 4 * 4);
    // Some of all, each against each; the encodings of all.
    const some = contexts.filter((_, i) => i % 43 === 0);
    const sealed = some.map((each) => service.encrypt(TEXT, each));
    const refusals = new Refusals();
    let readable = 0;
    withoutStacks(() => {
      for (const [i, record] of sealed.entries()) {
        for (const [j, other] of some.entries()) {
          if (i !== j) {
            refusals.try(() => service.decrypt(record, other));
            if (service.isReadable(record, other)) readable++;
          }
        }
        expect(service.decrypt(record, some[i])).toBe(TEXT);
      }
    });
    expect(some.length).toBeGreaterThan(100);
    expect(refusals.counts).toEqual({ accepted: 0, other: 0, refused: some.length * (some.length - 1) });
    expect(readable).toBe(0);

    expect(new Set(contexts.map((each) => encodeContext(each).toString('hex'))).size).toBe(contexts.length);
  });

  it.each(['', ':', '\0'])('belong together where all fields, joined with "%s", are the same', (separator) => {
    const groups = new Map<string, SealContext[]>();
    for (const each of matrix()) {
      const joined = parts(each).join(separator);
      groups.set(joined, [...(groups.get(joined) ?? []), each]);
    }
    const colliding = [...groups.values()].filter((group) => group.length > 1);
    const refusals = new Refusals();
    withoutStacks(() => {
      for (const [first, ...others] of colliding) {
        const sealed = service.encrypt(TEXT, first);
        for (const other of others) refusals.try(() => service.decrypt(sealed, other));
      }
    });
    expect(colliding.length).toBeGreaterThan(10);
    expect(refusals.counts).toEqual({ accepted: 0, other: 0, refused: colliding.flat().length - colliding.length });
  });

  it('belong together field by field: no other value of any one field opens', () => {
    const refusals = new Refusals();
    let tried = 0;
    for (const field of FIELDS) {
      for (const value of VALUES[field]) {
        const sealed = service.encrypt(TEXT, context({ [field]: value }));
        for (const other of VALUES[field]) {
          if (other === value) continue;
          tried++;
          refusals.try(() => service.decrypt(sealed, context({ [field]: other })));
        }
      }
    }
    expect(tried).toBe(6 + 6 + 30 + 20 + 12 + 12);
    expect(refusals.counts).toEqual({ accepted: 0, other: 0, refused: tried });
  });

  it.each([
    ['ownerId', 'provider', 'ab', 'c', 'a', 'bc'],
    ['provider', 'label', 'ab', '', 'a', 'b'],
    ['ownerKind', 'ownerId', 'user\0', '1', 'user', '\u00001'],
    ['label', 'ownerId', 'x', 'y', 'y', 'x'],
  ] as const)('belong together where %s and %s are the same when joined', (first, second, a, b, c, d) => {
    const sealed = service.encrypt(TEXT, context({ [first]: a, [second]: b }));
    expect(() => service.decrypt(sealed, context({ [first]: c, [second]: d }))).toThrow();
    expect(service.decrypt(sealed, context({ [first]: a, [second]: b }))).toBe(TEXT);
  });

  it('are another for another normal form or another case, and the same for an equal date', () => {
    const sealed = service.encrypt(TEXT, context({ ownerId: '\u00e9', expiresAt: new Date(5) }));
    expect(() => service.decrypt(sealed, context({ ownerId: 'e\u0301', expiresAt: new Date(5) }))).toThrow();
    expect(() => service.decrypt(sealed, context({ ownerId: '\u00c9', expiresAt: new Date(5) }))).toThrow();
    expect(() => service.decrypt(sealed, context({ ownerId: '\u00e9', expiresAt: new Date(6) }))).toThrow();
    expect(service.decrypt(sealed, context({ ownerId: '\u00e9', expiresAt: new Date(5) }))).toBe(TEXT);
  });
});

describe('The encoding of a context', () => {
  it('is that of its description, for any well-formed text', () => {
    fc.assert(
      fc.property(anyContext(wellFormed), (each) => encodeContext(each).equals(referenceContext(each))),
      { numRuns: 500 },
    );
  });

  it('is another for another context', () => {
    let differing = 0;
    fc.assert(
      fc.property(anyContext(narrow), anyContext(narrow), (a, b) => {
        const same = JSON.stringify(parts(a)) === JSON.stringify(parts(b));
        if (!same) differing++;
        return encodeContext(a).equals(encodeContext(b)) === same;
      }),
      { numRuns: 3000 },
    );
    expect(differing).toBeGreaterThan(2000);
  });

  it('is another for texts that move between neighbouring fields', () => {
    fc.assert(
      fc.property(wellFormed, fc.nat(), fc.nat(), (text, i, j) => {
        const points = [...text];
        const cut = (at: number): Partial<SealContext> => ({
          provider: points.slice(0, at).join(''),
          label: points.slice(at).join(''),
        });
        const [first, second] = [i % (points.length + 1), j % (points.length + 1)];
        const [a, b] = [encodeContext(context(cut(first))), encodeContext(context(cut(second)))];
        return a.equals(b) === (first === second);
      }),
      { numRuns: 1000 },
    );
  });

  it('can be read back: nothing of it is lost', () => {
    fc.assert(
      fc.property(anyContext(wellFormed), (each) => {
        const bytes = encodeContext(each);
        const fields: string[] = [];
        let at = 2;
        while (at < bytes.length) {
          const end = at + 4 + bytes.readUInt32BE(at);
          fields.push(bytes.subarray(at + 4, end).toString());
          at = end;
        }
        expect(bytes.readUInt16BE(0)).toBe(7);
        expect(fields).toEqual(['byok/v1', ...parts(each)]);
      }),
      { numRuns: 300 },
    );
  });

  it.each([0, 1, 126, 127, 128, 129, 255, 256, 65_535, 65_536])('holds for a field of %d characters', (length) => {
    for (const character of ['a', 'é', '鍵', '\0']) {
      const each = context({ ownerId: character.repeat(length), label: 'b' });
      expect(encodeContext(each).equals(referenceContext(each))).toBe(true);
    }
  });

  it('leaves the bytes before and after it to the caller', () => {
    const bytes = encodeContext(context(), 5, 3);
    expect(bytes.subarray(5, -3).equals(referenceContext(context()))).toBe(true);
  });
});
