import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readRootSecret } from '../../lib/crypto/root-secret.js';
import { ConfigurationError, EncryptionService, type RootSecret } from '../../lib/index.js';
import { rootBytes, thrownBy } from './support.js';

const GENERATED = 10_000;
const bytes = rootBytes('weak');
const base64Of = (text: string) => Buffer.from(text).toString('base64');
const sequence = (length: number, step = 1, start = 0) =>
  Buffer.from(Array.from({ length }, (_, i) => start + i * step));

const WEAK: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['an empty text', ''],
  ['spaces', '   '],
  ['changeme', 'changeme'],
  ['changeme, often', 'changeme'.repeat(8)],
  ['secret', 'secret'],
  ['keyboard cat', 'keyboard cat'],
  ['keyboard cat in capitals', 'KEYBOARD CAT'],
  ['a long placeholder', 'ChangeMe-ThisIsYourSuperSecretKey-ReplaceMe0'],
  ['a placeholder with a prefix', 'byok_your-secret-key-here'],
  ['a placeholder of 43 characters', `byok_${'ChangeMe'.repeat(6).slice(0, 43)}`],
  ['a placeholder in disguise', 'P4ssw0rd-S3cret-Ch4ngeMe'],
  ['a word', 'correct-horse-battery-staple'],
  ['a sentence', 'This is a sentence that somebody thought was a good secret for this.'],
  ['words that are base64url', 'The-Quick-Brown-Fox-Jumps-Over-The-Lazy-Dog-Again'],
  ['16 random bytes in hex', bytes.subarray(0, 16).toString('hex')],
  ['31 random bytes in hex', bytes.subarray(0, 31).toString('hex')],
  ['hex with a digit too few', bytes.toString('hex').slice(1)],
  ['hex with a digit too many', `${bytes.toString('hex')}a`],
  ['16 random bytes in base64', bytes.subarray(0, 16).toString('base64')],
  ['24 random bytes in base64url', bytes.subarray(0, 24).toString('base64url')],
  ['31 random bytes with the prefix', `byok_${bytes.subarray(0, 31).toString('base64url')}`],
  ['33 random bytes with the prefix', `byok_${Buffer.concat([bytes, bytes]).subarray(0, 33).toString('base64url')}`],
  ['the prefix alone', 'byok_'],
  ['base64 with spare bits', `${bytes.toString('base64').slice(0, -2)}B=`],
  ['base64 with a line break in it', `${bytes.toString('base64').slice(0, 20)}\n${bytes.toString('base64').slice(20)}`],
  ['both alphabets of base64 mixed', `-+${Buffer.concat([bytes, bytes]).toString('base64').slice(2, 64)}`],
  ['a line break at its end', `${bytes.toString('base64')}\n`],
  ['quotation marks around it', `"${bytes.toString('base64')}"`],
  ['a list in one text', `${bytes.toString('hex')},${rootBytes('other').toString('hex')}`],
  ['zeros in hex', '00'.repeat(32)],
  ['one byte in base64', Buffer.alloc(32, 0x5a).toString('base64')],
  ['two halves that are the same', Buffer.concat([bytes.subarray(0, 16), bytes.subarray(0, 16)]).toString('hex')],
  ['a short repeat', '0123456789abcdef'.repeat(4)],
  ['deadbeef', 'deadbeef'.repeat(8)],
  ['a sequence in hex', sequence(32).toString('hex')],
  ['a sequence in base64', sequence(32).toString('base64')],
  ['decimal digits', '31415926535897932384626433832795028841971693993751058209749445923078'],
  ['text behind base64', base64Of('my very own passphrase, 32+ bytes of it')],
  ['text behind hex', Buffer.from('my very own passphrase, 32+ bytes of it').toString('hex')],
  ['a Buffer of 31 bytes', bytes.subarray(0, 31)],
  ['an empty Buffer', Buffer.alloc(0)],
  ['a Buffer of zeros', Buffer.alloc(64)],
  ['a Buffer of 15 different bytes', Buffer.from(Array.from(bytes, (byte) => byte % 15))],
  ['a Buffer that is a sequence', sequence(32, 7, 3)],
  ['a Buffer that goes down', sequence(40, -1, 255)],
  ['a Buffer of text', Buffer.from('my very own passphrase, 32+ bytes of it')],
  ['a number', 12345678901234567890n],
  ['a function', () => bytes],
  ['an empty object', {}],
  ['an array in an array', [[bytes]]],
  ['an empty array', []],
  ['a short passphrase', { passphrase: 'nineteen characters', salt: 'a salt of sixteen' }],
  ['a passphrase that is short once normalised', { passphrase: 'e\u0301'.repeat(10), salt: 'a salt of sixteen' }],
  ['a passphrase of one letter', { passphrase: 'x'.repeat(40), salt: 'a salt of sixteen' }],
  ['a passphrase that repeats', { passphrase: 'abcdefgh'.repeat(4), salt: 'a salt of sixteen' }],
  ['a placeholder as passphrase', { passphrase: 'changeme password secret', salt: 'a salt of sixteen' }],
  ['a passphrase without salt', { passphrase: 'an unusual phrase of words' }],
  ['a passphrase with a short salt', { passphrase: 'an unusual phrase of words', salt: 'fifteen letters' }],
  [
    'a passphrase with a lone surrogate',
    { passphrase: 'an unusual phrase \ud800 of words', salt: 'a salt of sixteen' },
  ],
  ['a passphrase that is no text', { passphrase: bytes, salt: 'a salt of sixteen' }],
];

/** Every text that a secret is made of, as somebody may search for it. */
function textsOf(secret: unknown): string[] {
  if (typeof secret === 'string') return [secret.trim()];
  if (Buffer.isBuffer(secret)) return [secret.toString('hex'), secret.toString('base64'), secret.toString('latin1')];
  if (typeof secret === 'object' && secret !== null) return Object.values(secret).flatMap(textsOf);
  return [];
}

describe('A weak secret', () => {
  it.each(WEAK)('is refused: %s', (_, secret) => {
    const error = thrownBy(() => new EncryptionService(secret as RootSecret)) as ConfigurationError;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/^The option 'secret(\[0\])?' /);
    expect(error.message).toContain('EncryptionService.generateSecret()');
    expect(error).not.toHaveProperty('cause');
    for (const text of textsOf(secret).filter((each) => each.length > 8)) {
      expect(`${error.message} ${error.stack}`).not.toContain(text);
      expect(error.message).not.toContain(text.slice(0, 12));
    }
  });

  it('is refused wherever it stands, and named by its place', () => {
    const good = EncryptionService.generateSecret();
    expect(() => new EncryptionService([good, 'changeme'])).toThrow(/^The option 'secret\[1\]' is a known placeholder/);
  });

  it('is told from a passphrase, which is accepted where it is asked for', () => {
    const passphrase = 'an unusual phrase of words';
    expect(() => new EncryptionService(passphrase)).toThrow('write { passphrase, salt }');
    expect(() => new EncryptionService({ passphrase, salt: 'a salt of sixteen' })).not.toThrow();
  });
});

describe('A random secret', () => {
  const refused: string[] = [];
  function accept(secret: RootSecret): void {
    try {
      readRootSecret(secret);
    } catch (error) {
      refused.push((error as Error).message);
    }
  }

  it(`is accepted, ${GENERATED} of ${GENERATED}, and other forms too`, () => {
    const generated = new Set<string>();
    for (let i = 0; i < GENERATED; i++) {
      const secret = EncryptionService.generateSecret();
      generated.add(secret);
      accept(secret);
      if (i % 10 !== 0) continue;
      const root = randomBytes(32 + (i % 33));
      accept(root);
      accept(root.toString('hex'));
      accept(root.toString('base64'));
      accept(root.toString('base64url'));
    }
    expect(refused).toEqual([]);
    expect(generated.size).toBe(GENERATED);

    accept('changeme');
    expect(refused).toHaveLength(1);
  });
});
