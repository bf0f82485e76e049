import { types } from 'node:util';
import { EncryptionError } from '../errors/index.js';
import type { SealContext } from '../interfaces/index.js';

const FORMAT = 'byok/v1';
const FIELDS = 7;
const COUNT_LENGTH = 2;
const PREFIX_LENGTH = 4;
const MAX_LENGTH = 1024 * 1024;

/**
 * The context as bytes: the number of fields (u16), then each as its length (u32) and UTF-8. No two contexts have the
 * same bytes, whatever stands in their fields.
 *
 * @param before Bytes left free in front, for the caller to fill: the whole is what a record's key is derived from.
 * @param after Bytes left free behind.
 * @throws {EncryptionError}
 * @internal
 */
export function encodeContext(context: SealContext, before = 0, after = 0): Buffer {
  const { purpose, ownerKind, ownerId, provider, label } = context;
  const fields = [FORMAT, purpose, ownerKind, ownerId, provider, label, expiry(context.expiresAt)];
  let length = before + COUNT_LENGTH + FIELDS * PREFIX_LENGTH + after;
  for (const field of fields) {
    // A lone surrogate would become U+FFFD, and two contexts one.
    if (typeof field !== 'string' || !field.isWellFormed()) throw new EncryptionError();
    length += Buffer.byteLength(field);
  }
  if (length > MAX_LENGTH) throw new EncryptionError();

  const bytes = Buffer.allocUnsafe(length);
  let offset = bytes.writeUInt16BE(FIELDS, before);
  for (const field of fields) {
    const written = bytes.write(field, offset + PREFIX_LENGTH, 'utf8');
    offset = bytes.writeUInt32BE(written, offset) + written;
  }
  return bytes;
}

function expiry(expiresAt: Date | null): string {
  if (expiresAt === null) return '';
  const time = types.isDate(expiresAt) ? expiresAt.getTime() : Number.NaN;
  if (Number.isNaN(time)) throw new EncryptionError();
  return String(time);
}
