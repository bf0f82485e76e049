import { types } from 'node:util';
import { EncryptionError } from '../errors/index.js';
import type { SealContext } from './seal-context.interface.js';

const FORMAT = 'byok/v1';
const MAX_LENGTH = 1024 * 1024;

/**
 * The context as bytes: the number of fields (u16), then each as its length (u32) and UTF-8. No two contexts have the
 * same bytes, whatever stands in their fields.
 *
 * @param before - Bytes left free in front, for the caller to fill: the whole is what a record's key is derived from.
 * @param after - Bytes left free behind.
 * @throws EncryptionError
 * @internal
 */
export function encodeContext(context: SealContext, before = 0, after = 0): Buffer {
  const { purpose, ownerKind, ownerId, provider, label } = context;
  const fields = [FORMAT, purpose, ownerKind, ownerId, provider, label, expiry(context.expiresAt)];
  let length = before + 2 + after;
  for (const field of fields) {
    if (typeof field !== 'string') throw new EncryptionError();
    length += 4 + field.length;
  }
  return encodeAscii(fields, length, before) ?? encodeUtf8(fields, before, after);
}

/** By hand: a loop over so few bytes takes half the time of the buffers' own methods. Nothing where it is not ASCII. */
function encodeAscii(fields: readonly string[], length: number, before: number): Buffer | undefined {
  const bytes = allocate(length);
  let offset = writeCount(bytes, before, fields.length);
  for (const field of fields) {
    offset = writeLength(bytes, offset, field.length);
    for (let i = 0; i < field.length; i++) {
      const code = field.charCodeAt(i);
      if (code > 0x7f) return undefined;
      bytes[offset++] = code;
    }
  }
  return bytes;
}

function encodeUtf8(fields: readonly string[], before: number, after: number): Buffer {
  const lengths = fields.map((field) => {
    // A lone surrogate would become U+FFFD, and two contexts one.
    if (!field.isWellFormed()) throw new EncryptionError();
    return Buffer.byteLength(field);
  });
  const bytes = allocate(lengths.reduce((sum, each) => sum + 4 + each, before + 2 + after));
  let offset = writeCount(bytes, before, fields.length);
  for (const [i, field] of fields.entries()) {
    offset = writeLength(bytes, offset, lengths[i]);
    offset += bytes.write(field, offset, 'utf8');
  }
  return bytes;
}

function allocate(length: number): Buffer {
  if (length > MAX_LENGTH) throw new EncryptionError();
  return Buffer.allocUnsafe(length);
}

function writeCount(bytes: Buffer, offset: number, count: number): number {
  bytes[offset] = 0;
  bytes[offset + 1] = count;
  return offset + 2;
}

function writeLength(bytes: Buffer, offset: number, length: number): number {
  bytes[offset] = length >>> 24;
  bytes[offset + 1] = length >>> 16;
  bytes[offset + 2] = length >>> 8;
  bytes[offset + 3] = length;
  return offset + 4;
}

function expiry(expiresAt: Date | null): string {
  if (expiresAt === null) return '';
  const time = types.isDate(expiresAt) ? expiresAt.getTime() : Number.NaN;
  if (Number.isNaN(time)) throw new EncryptionError();
  return String(time);
}
