import { describe, expect, it } from '@jest/globals';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { gcmOpen, gcmSeal } from '../../lib/crypto/aes-gcm.js';
import { type EncryptionService } from '../../lib/index.js';
import { context, Refusals, serviceOf, TEXT, withoutStacks } from './support.js';

// Of more it is tried in a process of its own: exhaustive.spec.ts.
const RECORDS = 20;
const TRUNCATED_TAGS = [4, 8, 12, 13, 14, 15];
const service = serviceOf('tampering');

/** Tries the record with each of its bits flipped, one at a time. */
function flipEveryBit(sealed: Buffer, open: (flipped: Buffer) => unknown, refusals: Refusals): void {
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    sealed[bit >> 3] ^= 1 << (bit & 7);
    refusals.try(() => open(sealed));
    sealed[bit >> 3] ^= 1 << (bit & 7);
  }
}

/** What a naive cipher makes: a header that nothing binds, a nonce, a tag, a ciphertext. */
const naive = {
  key: randomBytes(32),
  seal(text: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    const ciphertext = Buffer.concat([cipher.update(text), cipher.final()]);
    return Buffer.concat([Buffer.from([1, 1]), nonce, cipher.getAuthTag(), ciphertext]);
  },
  open(sealed: Buffer, tagLength = 16): string {
    const tag = sealed.subarray(14, 14 + tagLength);
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(2, 14)).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(14 + tagLength)), decipher.final()]).toString();
  },
};

describe('A changed record', () => {
  it(`does not open, whichever bit of ${RECORDS} records is flipped`, () => {
    const refusals = new Refusals();
    let bits = 0;
    withoutStacks(() => {
      for (let i = 0; i < RECORDS; i++) {
        const bound = context({ ownerId: `user-${i}` });
        const sealed = service.encrypt(TEXT, bound);
        bits += sealed.length * 8;
        flipEveryBit(sealed, (flipped) => service.decrypt(flipped, bound), refusals);
        if (service.decrypt(sealed, bound) !== TEXT) throw new Error('the record itself does not open');
      }
    });
    expect(bits).toBe(RECORDS * 154 * 8);
    expect(refusals.counts).toEqual({ accepted: 0, other: 0, refused: bits });
  });

  it('would open from a cipher whose header nothing binds: the flips find that', () => {
    const refusals = new Refusals();
    flipEveryBit(naive.seal(TEXT), (flipped) => naive.open(flipped), refusals);
    expect(refusals.accepted).toBe(16);
  });

  it('cannot be mended by a reencryption either', () => {
    const refusals = new Refusals();
    withoutStacks(() => {
      flipEveryBit(service.encrypt(TEXT, context()), (flipped) => service.reencrypt(flipped, context()), refusals);
    });
    expect(refusals.counts).toEqual({ accepted: 0, other: 0, refused: 154 * 8 });
  });

  it('is unreadable where a bit of the first 74 bytes is another', () => {
    const header = service.encrypt(TEXT, context()).subarray(0, 74);
    let readable = 0;
    for (let bit = 0; bit < header.length * 8; bit++) {
      header[bit >> 3] ^= 1 << (bit & 7);
      if (service.isReadable(header, context())) readable++;
      header[bit >> 3] ^= 1 << (bit & 7);
    }
    expect(readable).toBe(0);
    expect(service.isReadable(header, context())).toBe(true);
  });
});

describe('A record of a wrong length', () => {
  const text = 'a'.repeat(100);
  const sealed = service.encrypt(text, context());

  function refusalsOf(records: readonly Uint8Array[], by: EncryptionService = service) {
    const refusals = new Refusals();
    for (const record of records) {
      refusals.try(() => by.decrypt(record, context()));
      refusals.try(() => by.reencrypt(record, context()));
    }
    return refusals.counts;
  }
  const all = (count: number) => ({ accepted: 0, other: 0, refused: 2 * count });

  it('does not open: every truncation, from either end', () => {
    const lengths = Array.from({ length: sealed.length }, (_, length) => length);
    expect(refusalsOf(lengths.map((length) => sealed.subarray(0, length)))).toEqual(all(sealed.length));
    expect(refusalsOf(lengths.map((length) => sealed.subarray(sealed.length - length)))).toEqual(all(sealed.length));
  });

  it('does not open: every extension by 1 to 63 bytes, and by whole blocks', () => {
    const lengths = [...Array.from({ length: 63 }, (_, i) => i + 1), 64, 128, 4096];
    expect(refusalsOf(lengths.map((n) => Buffer.concat([sealed, Buffer.alloc(n)])))).toEqual(all(lengths.length));
    expect(refusalsOf(lengths.map((n) => Buffer.concat([sealed, randomBytes(n)])))).toEqual(all(lengths.length));
    expect(refusalsOf(lengths.map((n) => Buffer.concat([randomBytes(n), sealed])))).toEqual(all(lengths.length));
  });

  it('does not open: a tag cut down to what GCM would take', () => {
    const cut = TRUNCATED_TAGS.map((length) => Buffer.concat([sealed.subarray(0, 74 + length), sealed.subarray(90)]));
    const zeroed = TRUNCATED_TAGS.map((length) => Buffer.from(sealed).fill(0, 74 + length, 90));
    expect(refusalsOf([...cut, ...zeroed])).toEqual(all(2 * TRUNCATED_TAGS.length));

    const whole = naive.seal(text);
    for (const length of TRUNCATED_TAGS) {
      const short = Buffer.concat([whole.subarray(0, 14 + length), whole.subarray(30)]);
      expect(naive.open(short, length)).toBe(text);
    }
  });

  it.each(TRUNCATED_TAGS)('has a cipher that takes no tag of %d bytes', (length) => {
    const [key, nonce, aad] = [randomBytes(32), randomBytes(12), randomBytes(74)];
    const { ciphertext, tag } = gcmSeal(key, nonce, aad, Buffer.from(text));
    expect(tag).toHaveLength(16);
    expect(gcmOpen(key, nonce, aad, ciphertext, tag).toString()).toBe(text);
    expect(() => gcmOpen(key, nonce, aad, ciphertext, tag.subarray(0, length))).toThrow();
  });

  it('does not open: nothing, 10 MiB of nothing, 10 MiB that begin well', () => {
    const huge = Buffer.alloc(10 * 1024 * 1024 + 90);
    const begun = Buffer.from(huge);
    sealed.copy(begun);
    expect(refusalsOf([Buffer.alloc(0), new Uint8Array(), huge, begun])).toEqual(all(4));
    expect([Buffer.alloc(0), huge].map((each) => service.isReadable(each, context()))).toEqual([false, false]);
    expect([Buffer.alloc(0), huge].map((each) => service.isCurrent(each))).toEqual([false, false]);
  });

  it('does not open: another version, suite or key id, or random bytes', () => {
    const changed = [0, 1, 2, 9].map((at) => {
      const copy = Buffer.from(sealed);
      copy[at] ^= 0xff;
      return copy;
    });
    const random = Array.from({ length: 200 }, (_, i) => randomBytes(90 + 64 * (1 + (i % 4))));
    expect(refusalsOf([...changed, ...random])).toEqual(all(changed.length + random.length));
    expect(refusalsOf([sealed], serviceOf('somebody else'))).toEqual(all(1));
  });
});
