import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDecipheriv, createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { Keyring } from '../../lib/crypto/keyring.js';
import { RootKey } from '../../lib/crypto/root-key.js';
import { SaltPool } from '../../lib/crypto/salt-pool.js';
import { EncryptionError, EncryptionService } from '../../lib/index.js';
import type { Redacted } from '../../lib/logging/redacted.js';
import { CONTEXT, context, rootBytes, TEXT, thrownBy } from '../crypto/support.js';

const ROOT = rootBytes('redaction');
const SECRET = `byok_${ROOT.toString('base64url')}`;

describe('What holds a secret', () => {
  const holders: [string, Redacted][] = [
    ['EncryptionService', new EncryptionService([SECRET])],
    ['Keyring', new Keyring(SECRET)],
    ['RootKey', new RootKey(Buffer.from(ROOT))],
    ['SaltPool', new SaltPool()],
  ];

  it.each(holders)('shows nothing: %s', (name, holder) => {
    const deep = { showHidden: true, depth: 20, getters: true } as const;
    expect([inspect(holder), inspect(holder, deep), format('%o', holder)]).toEqual(Array(3).fill(`${name} [REDACTED]`));
    expect([JSON.stringify({ holder }), String(holder), format('%s', holder), [holder].join()]).toEqual([
      '{"holder":"[REDACTED]"}',
      ...Array<string>(3).fill('[REDACTED]'),
    ]);
  });

  it.each(holders)('shows nothing of it to a clone, nor to who looks around the redaction: %s', (_, holder) => {
    const seen = [
      inspect(structuredClone(holder), { depth: 20, showHidden: true }),
      inspect(deserialize(serialize(holder)), { depth: 20, showHidden: true }),
      inspect(holder, { customInspect: false, depth: 20, showHidden: true }),
      inspect({ ...holder }, { depth: 20 }),
      JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(holder))),
    ].join('\n');
    for (const text of [SECRET, ROOT.toString('hex'), ROOT.toString('base64'), 'KeyObject']) {
      expect(seen).not.toContain(text);
    }
    // The id is no secret, and all there is.
    expect(Object.keys(holder)).toEqual(holder instanceof RootKey ? ['id'] : []);
  });

  it('is not in an error, which has no cause and always the same text', () => {
    const service = new EncryptionService(SECRET);
    const error = thrownBy(() => service.decrypt(service.encrypt(TEXT, CONTEXT), context({ ownerId: 'bob' })));
    expect(error).toBeInstanceOf(EncryptionError);
    expect(inspect(error, { showHidden: true })).not.toMatch(/bob|alice|openai|example|cause|unable to authenticate/);
    expect(JSON.stringify(error)).toBe('{"code":"BYOK_UNAVAILABLE","name":"EncryptionError"}');
  });
});

describe('Key material and plaintext in memory', () => {
  const service = new EncryptionService(SECRET);
  const decipher = Object.getPrototypeOf(createDecipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12))) as {
    update: (...args: unknown[]) => Buffer;
  };
  const hmac = Object.getPrototypeOf(createHmac('sha512', '')) as { digest: (...args: unknown[]) => Buffer };

  let seen: { buffer: Buffer; before: Buffer }[];
  let watching: boolean;

  beforeEach(() => {
    seen = [];
    watching = true;
    const watch = <T extends object>(target: T, method: keyof T) => {
      const original = target[method] as (...args: unknown[]) => unknown;
      jest.spyOn(target as Record<string, () => unknown>, method as string).mockImplementation(function (
        this: unknown,
        ...args: unknown[]
      ) {
        const buffer = original.apply(this, args);
        if (watching && Buffer.isBuffer(buffer)) seen.push({ buffer, before: Buffer.from(buffer) });
        return buffer;
      });
    };
    watch(decipher, 'update');
    watch(hmac, 'digest');
    watch(Buffer, 'alloc');
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** How many buffers had something in them when they were made or have now, and how many have now. */
  function remains() {
    watching = false;
    const held = seen.filter(({ before }) => before.some((byte) => byte !== 0)).length;
    const left = seen.filter(({ buffer }) => buffer.some((byte) => byte !== 0)).length;
    return { made: seen.length, held, left };
  }

  it('is wiped after an encryption: the padded text and the record key', () => {
    service.encrypt(TEXT, CONTEXT);
    expect(remains()).toEqual({ made: 2, held: 1, left: 0 });
  });

  it('is wiped after a decryption: the record key and the padded text', () => {
    const sealed = service.encrypt(TEXT, CONTEXT);
    seen = [];
    expect(service.decrypt(sealed, CONTEXT)).toBe(TEXT);
    expect(seen.some(({ before }) => before.includes('example'))).toBe(true);
    expect(remains()).toEqual({ made: 2, held: 2, left: 0 });
  });

  it('is wiped after a reencryption', () => {
    const sealed = service.encrypt(TEXT, CONTEXT);
    seen = [];
    service.reencrypt(sealed, CONTEXT);
    expect(remains()).toEqual({ made: 3, held: 3, left: 0 });
  });

  it.each([100, 80])('is wiped after a failure: a bit of byte %d flipped', (at) => {
    const sealed = service.encrypt(TEXT, CONTEXT);
    sealed[at] ^= 1;
    seen = [];
    expect(() => service.decrypt(sealed, CONTEXT)).toThrow(EncryptionError);
    expect(remains()).toEqual({ made: 2, held: 2, left: 0 });
  });

  it('is wiped where only the commitment is looked at, and where that fails', () => {
    const sealed = service.encrypt(TEXT, CONTEXT);
    seen = [];
    expect(service.isReadable(sealed, CONTEXT)).toBe(true);
    sealed[50] ^= 1;
    expect(service.isReadable(sealed, CONTEXT)).toBe(false);
    expect(() => service.decrypt(sealed, CONTEXT)).toThrow(EncryptionError);
    expect(remains()).toEqual({ made: 3, held: 3, left: 0 });
  });

  it('is wiped where the context is refused', () => {
    expect(() => service.encrypt(TEXT, context({ label: undefined }))).toThrow(EncryptionError);
    expect(remains()).toEqual({ made: 1, held: 0, left: 0 });
  });

  it('is seen by this test where nobody wipes it', () => {
    createHmac('sha512', 'a key').update('something').digest();
    expect(remains()).toEqual({ made: 1, held: 1, left: 1 });
  });

  it('is wiped from the bytes a root key is made of', () => {
    const bytes = Buffer.from(ROOT);
    new RootKey(bytes);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('never leaves a KeyObject', () => {
    const secret = Object.getPrototypeOf(createSecretKey(randomBytes(32))) as KeyObject;
    const exported = jest.spyOn(secret, 'export');
    const other = new EncryptionService([SECRET, rootBytes('another')]);
    const sealed = other.encrypt(TEXT, CONTEXT);
    other.decrypt(other.reencrypt(sealed, CONTEXT), CONTEXT);
    other.fingerprint('openai', TEXT);
    other.isReadable(sealed, CONTEXT);
    other.opensCanary(other.keyId, other.canary(other.keyId));
    expect(exported).not.toHaveBeenCalled();
    createSecretKey(randomBytes(32)).export();
    expect(exported).toHaveBeenCalledTimes(1);
  });
});
