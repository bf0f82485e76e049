import { isUtf8 } from 'node:buffer';

/**
 * Signs that a root secret is no random bytes. Together they refuse fewer than one in 10^9 that are: random base64
 * without capitals (or without small letters) is 4 in 10^10, everything else adds less.
 */

const LEAST_DISTINCT_BYTES = 16;
const LOOKED_AT = 1024;
const LONGEST_LAG = 256;
const BYTES = 2 ** 8;
// No two differences of code points are the same by it.
const CODE_POINTS = 2 ** 22;

// How often a letter of English is which, of 1003.
const LETTERS = [82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1];
const LIKELIER_THAN_RANDOM = 34;

// Longer ones first: `secretkey` must be taken out before `secret`.
const PLACEHOLDERS = [
  ...['0123456789', '1234567890', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'deadbeef'],
  ...['keyboardcat', 'placeholder', 'replacewith', 'replaceme', 'changethis', 'changeme', 'changeit', 'correcthorse'],
  ...['encryptionkey', 'supersecret', 'topsecret', 'secretkey', 'mysecret', 'yoursecret', 'yourkey', 'rootsecret'],
  ...['password', 'passwd', 'default', 'example', 'insecure', 'letmein', 'foobar', 'qwerty', 'asdfgh', 'abcdef'],
  ...['secret', 'shhhh', 'shhh', 'dummy', 'sample', 'apikey', 'change', 'replace', 'admin', 'demo', 'byok', 'your'],
  ...['12345678', '123456', '12345', 'here', 'key'],
];

/** What is wrong with the bytes, as the end of a sentence that begins with "it". @internal */
export function weaknessOfBytes(bytes: Uint8Array): string | undefined {
  if (new Set(bytes).size < LEAST_DISTINCT_BYTES) return `has fewer than ${LEAST_DISTINCT_BYTES} different bytes`;
  if (isRegular(bytes, BYTES)) return 'repeats itself or is a sequence';
  if (isText(bytes)) return 'is text, not random bytes';
  return undefined;
}

/** What is wrong with the text that stands for the bytes. @internal */
export function weaknessOfText(text: string): string | undefined {
  if (isRegular(Buffer.from(text), BYTES)) return 'repeats itself or is a sequence';
  if (/^[0-9a-f]+$/i.test(text)) return /[a-f]/i.test(text) ? undefined : 'has digits only';
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text)) return 'has no mixture of capital and small letters';
  if (isLikelyWords(text)) return 'reads like words';
  return undefined;
}

/** What is wrong with a passphrase of the right length. @internal */
export function weaknessOfPassphrase(passphrase: string): string | undefined {
  const characters = Array.from(passphrase, (character) => character.codePointAt(0)!);
  if (new Set(characters).size < 8) return 'has fewer than 8 different characters';
  if (isRegular(characters, CODE_POINTS)) return 'repeats itself or is a sequence';
  if (isPlaceholder(passphrase)) return 'is a known placeholder';
  return undefined;
}

/** Whether more than half of it are words that stand where a secret should be put. @internal */
export function isPlaceholder(text: string): boolean {
  const plain = text.slice(0, LOOKED_AT).toLowerCase();
  return mostlyWords(plain) || mostlyWords(plain.replace(/[@4]/g, 'a').replace(/[$5]/g, 's').replace(/0/g, 'o'));
}

function mostlyWords(text: string): boolean {
  const letters = text.replace(/[^\p{L}\p{N}]/gu, '');
  let rest = letters;
  for (const word of PLACEHOLDERS) rest = rest.replaceAll(word, '');
  return rest.length * 2 < letters.length;
}

/**
 * Whether at some distance more than half of the neighbours differ by the same: a distance of one finds sequences, a
 * difference of zero finds repeats.
 */
function isRegular(units: ArrayLike<number>, modulus: number): boolean {
  const length = Math.min(units.length, LOOKED_AT);
  const longest = Math.min(length / 2, LONGEST_LAG);
  const step = (i: number, lag: number) => (units[i] - units[i - lag] + modulus) % modulus;
  for (let lag = 1; lag <= longest; lag++) {
    // The only one that more than half can share is the one that outlives the vote of all (Boyer and Moore).
    let candidate = 0;
    let votes = 0;
    for (let i = lag; i < length; i++) {
      if (votes === 0) candidate = step(i, lag);
      votes += step(i, lag) === candidate ? 1 : -1;
    }
    let count = 0;
    for (let i = lag; i < length; i++) if (step(i, lag) === candidate) count++;
    if (count * 2 > length - lag) return true;
  }
  return false;
}

function isText(bytes: Uint8Array): boolean {
  const printable = bytes.filter((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)).length;
  if (printable * 16 >= bytes.length * 15) return true;
  return isUtf8(bytes) && !/[^\P{Cc}\s]/u.test(Buffer.from(bytes).toString());
}

/**
 * Whether letters as words have them explain the text 2^34 times better than 64 equally likely characters do. Of random
 * texts no more than one in 2^34 can be so (Markov's inequality), however good or bad the letters' frequencies are.
 */
function isLikelyWords(text: string): boolean {
  let bits = 0;
  for (const character of text) {
    const letter = LETTERS[character.toLowerCase().charCodeAt(0) - 97] as number | undefined;
    const probability =
      letter === undefined
        ? character >= '0' && character <= '9'
          ? 0.08 / 10
          : 0.04 / 2
        : (character >= 'a' ? 0.72 : 0.16) * (letter / 1003);
    bits += Math.log2(64 * probability);
  }
  return bits >= LIKELIER_THAN_RANDOM;
}
