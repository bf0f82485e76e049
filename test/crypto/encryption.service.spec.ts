import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, EncryptionService, type SealContext } from '../../lib/index.js';
import { referenceFingerprint, referenceKeyId, referenceSeal } from './reference.js';
import { CONTEXT, context, isTheOneError, Refusals, rootBytes, serviceOf, TEXT, thrownBy } from './support.js';

const MAX_TEXT = 1024 * 1024 - 90 - ((1024 * 1024 - 90) % 64) - 1;
const MAX_CONTEXT = 1024 * 1024;

const LONE = ['\ud800', 'a\udc00', '\ud83d', '\udd11\ud83d', 'x'.repeat(200) + '\ud800'];
const NO_TEXTS = [
  undefined,
  null,
  0,
  1n,
  true,
  Symbol('text'),
  {},
  [],
  ['a'],
  new String('a'),
  Buffer.from('a'),
  () => 'a',
];

describe('A keyring', () => {
  const [oldest, newest] = [serviceOf('1'), serviceOf('2')];
  const both = serviceOf('2', '1');

  it('seals with the first and opens with all', () => {
    const sealed = both.encrypt(TEXT, CONTEXT);
    expect(sealed.subarray(2, 10)).toEqual(newest.keyId);
    expect(newest.decrypt(sealed, CONTEXT)).toBe(TEXT);
    expect(both.decrypt(oldest.encrypt(TEXT, CONTEXT), CONTEXT)).toBe(TEXT);
    expect(isTheOneError(thrownBy(() => oldest.decrypt(sealed, CONTEXT)))).toBe(true);
    expect(both.keyIds).toEqual([newest.keyId, oldest.keyId]);
  });

  it.each([
    ['is of another of its keys', newest.keyId],
    ['is of none', Buffer.alloc(8)],
  ])('goes by the key id alone: it does not open what one of its keys would, where the id %s', (_, keyId) => {
    for (const root of [rootBytes('1'), rootBytes('2')]) {
      const sealed = referenceSeal(root, TEXT, CONTEXT, { keyId });
      const right = referenceKeyId(root).equals(keyId);
      expect(both.isReadable(sealed, CONTEXT)).toBe(right);
      if (right) expect(both.decrypt(sealed, CONTEXT)).toBe(TEXT);
      else expect(isTheOneError(thrownBy(() => both.decrypt(sealed, CONTEXT)))).toBe(true);
    }
  });

  it.each([
    ['the same bytes', rootBytes('twin'), rootBytes('twin')],
    ['another form', rootBytes('twin'), rootBytes('twin').toString('base64')],
    ['hex and base64url', rootBytes('twin').toString('hex'), rootBytes('twin').toString('base64url')],
    ['the prefix', `byok_${rootBytes('twin').toString('base64url')}`, rootBytes('twin').toString('hex')],
  ])('refuses a secret that is there twice: %s', (_, a, b) => {
    const error = thrownBy(() => new EncryptionService([a, rootBytes('between'), b])) as ConfigurationError;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/'secret\[0\]' and 'secret\[2\]' are the same secret\..*generateSecret/);
    expect(error.message).not.toContain(rootBytes('twin').toString('hex'));
  });

  it('is not changed by what becomes of the array or of a Buffer afterwards', () => {
    const secrets = [rootBytes('2'), rootBytes('1')];
    const service = new EncryptionService(secrets);
    service.keyId.fill(0);
    service.keyIds.forEach((keyId) => keyId.fill(0));
    service.keyIdOf(service.encrypt(TEXT, CONTEXT)).fill(0);
    secrets.forEach((secret) => secret.fill(0));
    secrets.reverse();
    expect(newest.decrypt(service.encrypt(TEXT, CONTEXT), CONTEXT)).toBe(TEXT);
    expect(service.keyId).toEqual(referenceKeyId(rootBytes('2')));
  });

  it('opens a canary of each of its keys, and of no other', () => {
    for (const { keyId } of [oldest, newest]) expect(both.opensCanary(keyId, both.canary(keyId))).toBe(true);
    expect(both.opensCanary(oldest.keyId, both.canary(newest.keyId))).toBe(false);
    expect(both.opensCanary(serviceOf('3').keyId, serviceOf('3').canary(serviceOf('3').keyId))).toBe(false);
    expect(newest.opensCanary(newest.keyId, Buffer.alloc(0))).toBe(false);
    expect(isTheOneError(thrownBy(() => newest.canary(oldest.keyId)))).toBe(true);
  });

  it('re-encrypts with the first, and only what opens', () => {
    const sealed = oldest.encrypt(TEXT, CONTEXT);
    const renewed = both.reencrypt(sealed, CONTEXT);
    expect([both.isCurrent(sealed), both.isCurrent(renewed)]).toEqual([false, true]);
    expect(newest.decrypt(renewed, CONTEXT)).toBe(TEXT);
    expect(renewed.subarray(10, 42).equals(sealed.subarray(10, 42))).toBe(false);
    const again = both.reencrypt(renewed, CONTEXT);
    expect(again.equals(renewed)).toBe(false);
    expect(newest.decrypt(again, CONTEXT)).toBe(TEXT);
    expect(isTheOneError(thrownBy(() => both.reencrypt(sealed, context({ ownerId: 'bob' }))))).toBe(true);
    expect(isTheOneError(thrownBy(() => newest.reencrypt(sealed, CONTEXT)))).toBe(true);
  });
});

describe('isReadable and isCurrent', () => {
  const service = serviceOf('readable');
  const sealed = service.encrypt(TEXT, CONTEXT);

  it('need no more than the first 74 bytes', () => {
    expect(service.isReadable(sealed, CONTEXT)).toBe(true);
    expect(service.isReadable(sealed.subarray(0, 74), CONTEXT)).toBe(true);
    expect(service.isReadable(sealed.subarray(0, 73), CONTEXT)).toBe(false);
    expect(service.isReadable(Buffer.concat([sealed.subarray(0, 74), Buffer.alloc(80)]), CONTEXT)).toBe(true);
    expect(service.isCurrent(sealed.subarray(0, 74))).toBe(true);
  });

  it('are false for another context or secret', () => {
    for (const other of [{ label: 'other' }, { purpose: 'session' as const }, { expiresAt: new Date(1) }]) {
      expect(service.isReadable(sealed, context(other))).toBe(false);
    }
    expect(serviceOf('other').isReadable(sealed, CONTEXT)).toBe(false);
    expect(serviceOf('other').isCurrent(sealed)).toBe(false);
  });

  it('are false, and throw nothing, for what is no record', () => {
    for (const nothing of [
      ...NO_TEXTS,
      'text',
      Buffer.alloc(0),
      new Float32Array(100),
      new DataView(new ArrayBuffer(100)),
    ]) {
      expect(service.isReadable(nothing as Uint8Array, CONTEXT)).toBe(false);
      expect(service.isCurrent(nothing as Uint8Array)).toBe(false);
    }
    expect(service.isReadable(sealed, undefined as unknown as SealContext)).toBe(false);
  });
});

describe('A fingerprint', () => {
  const service = serviceOf('fingerprints', 'older');

  it('is of 16 bytes, by provider, key and first secret', () => {
    const print = service.fingerprint('openai', 'an-example-of-an-api-key-1f9c');
    expect(print).toHaveLength(16);
    expect(print).toEqual(service.fingerprint('openai', 'an-example-of-an-api-key-1f9c'));
    expect(print).toEqual(referenceFingerprint(rootBytes('fingerprints'), 'openai', 'an-example-of-an-api-key-1f9c'));
    for (const other of [
      service.fingerprint('anthropic', 'an-example-of-an-api-key-1f9c'),
      service.fingerprint('openai', 'an-example-of-an-api-key-1f9d'),
      serviceOf('older').fingerprint('openai', 'an-example-of-an-api-key-1f9c'),
    ]) {
      expect(other.equals(print)).toBe(false);
    }
    expect(service.fingerprint('a', 'bc').equals(service.fingerprint('ab', 'c'))).toBe(false);
  });

  it('is refused to what is no text, or blurs where the provider ends', () => {
    const refusals = new Refusals();
    const wrong = [...NO_TEXTS, ...LONE];
    for (const each of wrong) {
      refusals.try(() => service.fingerprint(each as string, 'key'));
      refusals.try(() => service.fingerprint('openai', each as string));
    }
    refusals.try(() => service.fingerprint('a\0b', 'c'));
    expect(refusals.counts).toEqual({ accepted: 0, other: 0, refused: 2 * wrong.length + 1 });
  });
});

describe('What goes in', () => {
  const service = serviceOf('inputs');
  const sealed = service.encrypt(TEXT, CONTEXT);

  function refused(works: (() => unknown)[]) {
    const refusals = new Refusals();
    for (const work of works) refusals.try(work);
    expect(refusals.counts).toEqual({ accepted: 0, other: 0, refused: works.length });
  }

  it('is no text that is none, and none with a lone surrogate', () => {
    refused([...NO_TEXTS, ...LONE].map((each) => () => service.encrypt(each as string, CONTEXT)));
  });

  it.each(['purpose', 'ownerKind', 'ownerId', 'provider', 'label'] as const)(
    'is no context whose %s is no text, or has a lone surrogate',
    (field) => {
      const wrong = [...NO_TEXTS, ...LONE].map((value) => context({ [field]: value }));
      refused(wrong.flatMap((each) => [() => service.encrypt(TEXT, each), () => service.decrypt(sealed, each)]));
    },
  );

  it('is no context whose expiry is no date', () => {
    const wrong = [
      undefined,
      0,
      '',
      '0',
      new Date(Number.NaN),
      {},
      { getTime: () => 0 },
      Object.create(Date.prototype),
    ];
    refused(wrong.map((expiresAt) => () => service.encrypt(TEXT, context({ expiresAt: expiresAt as Date }))));
  });

  it('is no context that is none, or that throws', () => {
    const bad = new Error('an-example-of-an-api-key-1f9c');
    const throwing = Object.defineProperty(context(), 'label', {
      get: () => {
        throw bad;
      },
    });
    const wrong = [undefined, null, '', 1, {}, [], throwing] as SealContext[];
    refused(wrong.flatMap((each) => [() => service.encrypt(TEXT, each), () => service.decrypt(sealed, each)]));
  });

  it('is no record that is none', () => {
    const wrong = [
      ...NO_TEXTS.filter((each) => !Buffer.isBuffer(each)),
      sealed.toString('latin1'),
      sealed.toString('base64url'),
      [...sealed],
      { ...sealed },
      { length: 154 },
      Object.create(Buffer.prototype),
      Object.create(Uint8Array.prototype),
      new Uint16Array(77),
      new DataView(new ArrayBuffer(154)),
      new ArrayBuffer(154),
    ] as Uint8Array[];
    refused(
      wrong.flatMap((each) => [
        () => service.decrypt(each, CONTEXT),
        () => service.reencrypt(each, CONTEXT),
        () => service.keyIdOf(each),
      ]),
    );
  });

  it('may be a record in any Uint8Array, wherever in its memory it stands', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(200), 13, sealed.length);
    shared.set(sealed);
    const resizable = new Uint8Array(new ArrayBuffer(sealed.length, { maxByteLength: 400 }));
    resizable.set(sealed);
    const inside = new Uint8Array(300).subarray(7, 7 + sealed.length);
    inside.set(sealed);
    for (const each of [new Uint8Array(sealed), shared, resizable, inside]) {
      expect(service.decrypt(each, CONTEXT)).toBe(TEXT);
      expect(service.isReadable(each, CONTEXT)).toBe(true);
    }
  });

  it('is no record once its memory has been taken away or cut', () => {
    const moved = new Uint8Array(sealed);
    structuredClone(moved, { transfer: [moved.buffer] });
    const memory = new ArrayBuffer(sealed.length, { maxByteLength: 400 });
    const cut = new Uint8Array(memory);
    cut.set(sealed);
    memory.resize(100);
    const movedBuffer = Buffer.from(new Uint8Array(sealed).buffer);
    structuredClone(movedBuffer, { transfer: [movedBuffer.buffer] });
    refused([moved, cut, movedBuffer].map((each) => () => service.decrypt(each, CONTEXT)));
  });

  it('is no record that is taken away while it is being opened', () => {
    for (const method of ['decrypt', 'reencrypt', 'isReadable'] as const) {
      const memory = new ArrayBuffer(sealed.length, { maxByteLength: 400 });
      new Uint8Array(memory).set(sealed);
      const resizing = Object.defineProperty(context(), 'label', {
        get: () => {
          memory.resize(20);
          return CONTEXT.label;
        },
      });
      const record = new Uint8Array(memory);
      if (method === 'isReadable') expect(service.isReadable(record, resizing)).toBe(false);
      else refused([() => service[method](record, resizing)]);
    }
  });

  it('may be as long as a record may be, and not a byte longer', () => {
    const longest = 'a'.repeat(MAX_TEXT);
    const record = service.encrypt(longest, CONTEXT);
    expect(record.length).toBeLessThanOrEqual(1024 * 1024);
    expect(service.decrypt(record, CONTEXT) === longest).toBe(true);
    refused([
      () => service.encrypt(`${longest}a`, CONTEXT),
      () => service.encrypt('鍵'.repeat(MAX_TEXT / 2), CONTEXT),
      () => service.encrypt('a'.repeat(10 * 1024 * 1024), CONTEXT),
    ]);
  });

  it('may have a context as long as one may be, and not a byte longer', () => {
    const rest = 'byok/v1/derive\0'.length + 42 + 1 + 2 + 7 * 4 + 'byok/v1databaseuser'.length;
    const longest = context({ ownerId: 'a'.repeat(MAX_CONTEXT - rest), provider: '', label: '' });
    expect(service.decrypt(service.encrypt(TEXT, longest), longest)).toBe(TEXT);
    refused([() => service.encrypt(TEXT, { ...longest, label: 'a' })]);
  });
});
