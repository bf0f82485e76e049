import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { encodeContext } from '../../lib/crypto/context.js';
import { EncryptionService, type RootSecret } from '../../lib/index.js';
import {
  HEADER_LENGTH,
  OVERHEAD,
  referenceContext,
  referenceFingerprint,
  referenceKeyId,
  referenceOpen,
  referencePad,
  referencePassphrase,
  referenceSeal,
} from './reference.js';
import { CONTEXT, context, isTheOneError, rootBytes, TEXT, thrownBy } from './support.js';

const ROOT = rootBytes('interoperability');
const service = new EncryptionService(ROOT);

const TEXTS = ['', 'a', TEXT, 'a'.repeat(62), 'a'.repeat(63), 'a'.repeat(64), '\u0080\0\0', '\ufeffBOM', 'ключ 🔑 鍵'];
const CONTEXTS = [
  CONTEXT,
  context({ purpose: 'session', ownerKind: 'session', ownerId: 'a-visitor' }),
  context({ purpose: 'canary', ownerKind: 'byok', ownerId: '00'.repeat(8), provider: '', label: '' }),
  context({ expiresAt: new Date(0) }),
  context({ expiresAt: new Date('2031-02-03T04:05:06.789Z') }),
  context({ expiresAt: new Date(8.64e15) }),
  context({ expiresAt: new Date(-1) }),
  context({ ownerId: 'Ünïcødé 🔑', label: '仕事' }),
  context({ ownerId: 'x'.repeat(127), label: 'y'.repeat(128), provider: 'é'.repeat(64) }),
  context({ ownerId: 'z'.repeat(70_000) }),
  context({ ownerId: 'a\0b', label: '\n', provider: '\u0001' }),
];

describe('The format, against a second writing of it', () => {
  it.each(CONTEXTS.map((each, i) => [i, each] as const))('opens both ways, context %#', (_, each) => {
    for (const text of TEXTS) {
      const ours = service.encrypt(text, each);
      expect(referenceOpen(ROOT, ours, each)).toBe(text);
      expect(service.decrypt(referenceSeal(ROOT, text, each), each)).toBe(text);
      expect(ours.equals(referenceSeal(ROOT, text, each, { salt: ours.subarray(10, 42) }))).toBe(true);
    }
    expect(encodeContext(each).equals(referenceContext(each))).toBe(true);
  });

  it('has every field at its place', () => {
    const sealed = service.encrypt(TEXT, CONTEXT);
    expect([...sealed.subarray(0, 2)]).toEqual([0x01, 0x01]);
    expect(sealed.subarray(2, 10).equals(referenceKeyId(ROOT))).toBe(true);
    expect(sealed.length).toBe(OVERHEAD + 64);
    expect(HEADER_LENGTH).toBe(2 + 8 + 32 + 32);
  });

  it.each([
    [0, 64],
    [63, 64],
    [64, 128],
    [127, 128],
    [128, 192],
  ])('pads a text of %d bytes to %d', (length, padded) => {
    expect(service.encrypt('a'.repeat(length), CONTEXT)).toHaveLength(OVERHEAD + padded);
  });

  it('opens a canary of the other, and has its own opened', () => {
    const keyId = referenceKeyId(ROOT);
    const bound = context({
      purpose: 'canary',
      ownerKind: 'byok',
      ownerId: keyId.toString('hex'),
      provider: '',
      label: '',
    });
    expect(service.opensCanary(keyId, referenceSeal(ROOT, 'byok', bound))).toBe(true);
    expect(referenceOpen(ROOT, service.canary(keyId), bound)).toBe('byok');
    expect(service.opensCanary(keyId, referenceSeal(ROOT, 'BYOK', bound))).toBe(false);
    expect(service.opensCanary(keyId, referenceSeal(ROOT, 'byok', { ...bound, ownerKind: 'user' }))).toBe(false);
    expect(service.opensCanary(keyId, referenceSeal(rootBytes('other'), 'byok', bound))).toBe(false);
  });

  it('gives the same fingerprints and key ids', () => {
    for (const [provider, apiKey] of [
      ['openai', 'an-example-of-an-api-key-1f9c'],
      ['openai', ''],
      ['', 'ключ 🔑'],
      ['a', 'b\0c'],
    ]) {
      expect(service.fingerprint(provider, apiKey)).toEqual(referenceFingerprint(ROOT, provider, apiKey));
    }
    expect(service.keyId).toEqual(referenceKeyId(ROOT));
  });

  it('opens a text with the character that stands for what is no UTF-8', () => {
    expect(service.decrypt(referenceSeal(ROOT, 'a \ufffd of its own', CONTEXT), CONTEXT)).toBe('a \ufffd of its own');
  });

  it('refuses a record whose tag is right and whose commitment is not', () => {
    const sealed = referenceSeal(ROOT, TEXT, CONTEXT, { commitment: Buffer.alloc(32) });
    expect(isTheOneError(thrownBy(() => service.decrypt(sealed, CONTEXT)))).toBe(true);
    expect(service.isReadable(sealed, CONTEXT)).toBe(false);
    expect(() => referenceOpen(ROOT, sealed, CONTEXT)).toThrow('commitment');
  });

  it.each([
    ['a mark that is missing', Buffer.alloc(64)],
    ['another mark', Buffer.concat([Buffer.from('text'), Buffer.from([0x81]), Buffer.alloc(59)])],
    ['something behind the mark', Buffer.concat([Buffer.from([0x41, 0x80, 0x01]), Buffer.alloc(61)])],
    ['a whole block too much', Buffer.concat([referencePad('text'), Buffer.alloc(64)])],
    ['no block', Buffer.alloc(0)],
    ['half a block', Buffer.concat([Buffer.from('text'), Buffer.from([0x80]), Buffer.alloc(27)])],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from([0xc3, 0x28, 0x80]), Buffer.alloc(61)])],
    [
      'bytes that are no UTF-8 beside a character that stands for such',
      Buffer.concat([Buffer.from('\ufffd'), Buffer.from([0xff, 0x80]), Buffer.alloc(59)]),
    ],
    ['a surrogate in UTF-8', Buffer.concat([Buffer.from([0xed, 0xa0, 0x80, 0x80]), Buffer.alloc(60)])],
  ])('refuses a well-sealed record with %s', (_, padded) => {
    const sealed = referenceSeal(ROOT, '', CONTEXT, { padded });
    expect(isTheOneError(thrownBy(() => service.decrypt(sealed, CONTEXT)))).toBe(true);
  });
});

describe('A root secret', () => {
  const bytes = rootBytes('forms');
  const long = Buffer.concat([rootBytes('forms, 1'), rootBytes('forms, 2')]).subarray(0, 47);
  // All 64 of them are base64 too, of 48 other bytes.
  const hexDigits = bytes.toString('hex');

  it.each<[string, RootSecret, Buffer]>([
    ['byok_ and base64url', `byok_${bytes.toString('base64url')}`, bytes],
    ['hex, which wins over base64', hexDigits, bytes],
    ['hex in capitals', hexDigits.toUpperCase(), bytes],
    ['longer hex', long.toString('hex'), long],
    ['base64', bytes.toString('base64'), bytes],
    ['base64 without padding', bytes.toString('base64').replace(/=+$/, ''), bytes],
    ['base64url', bytes.toString('base64url'), bytes],
    ['longer base64', long.toString('base64'), long],
    ['longer base64url', long.toString('base64url'), long],
    ['a Buffer', Buffer.from(bytes), bytes],
    ['a longer Buffer', Buffer.from(long), long],
    ['a Uint8Array', new Uint8Array(bytes) as Buffer, bytes],
    [
      'a passphrase',
      { passphrase: 'a passphrase long enough, ﬁne', salt: 'salt of sixteen.' },
      referencePassphrase('a passphrase long enough, fine', 'salt of sixteen.'),
    ],
    [
      'a passphrase in another normal form, with a salt of bytes',
      { passphrase: 'Ａ passphrase lo\u0301ng enough', salt: rootBytes('salt').subarray(0, 16) },
      referencePassphrase('A passphrase l\u00f3ng enough', rootBytes('salt').subarray(0, 16)),
    ],
  ])('as %s', (_, secret, root) => {
    const other = new EncryptionService(secret);
    expect(other.keyId).toEqual(referenceKeyId(root));
    expect(other.decrypt(referenceSeal(root, TEXT, CONTEXT), CONTEXT)).toBe(TEXT);
    expect(referenceOpen(root, other.encrypt(TEXT, CONTEXT), CONTEXT)).toBe(TEXT);
  });

  it('of base64url with characters that base64 has not', () => {
    const root = Buffer.concat([Buffer.from([0xfb, 0xff, 0xbf]), randomBytes(32)]);
    expect(root.toString('base64url')).toMatch(/[-_]/);
    expect(new EncryptionService(root.toString('base64url')).keyId).toEqual(referenceKeyId(root));
  });

  it('as what is generated', () => {
    const secret = EncryptionService.generateSecret();
    expect(secret).toMatch(/^byok_[A-Za-z0-9_-]{43}$/);
    const root = Buffer.from(secret.slice('byok_'.length), 'base64url');
    expect(new EncryptionService(secret).keyId).toEqual(referenceKeyId(root));
  });

  it('leaves the Buffer it was given as it is', () => {
    const given = Buffer.from(bytes);
    new EncryptionService(given);
    expect(given.equals(bytes)).toBe(true);
  });
});
