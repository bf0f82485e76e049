import { EncryptionError } from '../errors/index.js';

const BLOCK = 64;
const MARK = 0x80;

/**
 * ISO 7816-4: the text, `0x80`, zeros up to the next multiple of 64, so that a record's length tells little of a key's.
 *
 * @throws EncryptionError if it is no text that survives UTF-8
 * @internal
 */
export function pad(text: string, maximum: number): Buffer {
  if (typeof text !== 'string' || text.length > maximum || !text.isWellFormed()) throw new EncryptionError();
  const length = Buffer.byteLength(text);
  const padded = Buffer.alloc(length + BLOCK - (length % BLOCK));
  if (padded.length > maximum) throw new EncryptionError();
  padded.write(text, 'utf8');
  padded[length] = MARK;
  return padded;
}

/**
 * How many bytes stand before the padding.
 *
 * @throws EncryptionError unless `pad` would have padded them exactly so
 * @internal
 */
export function unpaddedLength(padded: Buffer): number {
  let length = padded.length - 1;
  while (length >= 0 && padded[length] === 0) length--;
  if (padded.length % BLOCK !== 0 || padded[length] !== MARK || padded.length - length > BLOCK) {
    throw new EncryptionError();
  }
  return length;
}
