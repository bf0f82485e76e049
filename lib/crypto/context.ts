import { types } from 'node:util';
import { EncryptionError } from '../errors/index.js';
import type { SealContext } from '../interfaces/index.js';

const FORMAT = 'byok/v1';
const FIELDS = 7;
const MAX_LENGTH = 1024 * 1024;

// A length below 128 is ASCII too, so that a context of short ASCII fields is one string to write.
const SHORT = Array.from({ length: 128 }, (_, length) => `\0\0\0${String.fromCharCode(length)}`);
const BEGINNING = `\0${String.fromCharCode(FIELDS)}${SHORT[FORMAT.length]}${FORMAT}`;

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
  const fields = [purpose, ownerKind, ownerId, provider, label, expiry(context.expiresAt)];
  let text = BEGINNING;
  let short = true;
  for (const field of fields) {
    if (typeof field !== 'string') throw new EncryptionError();
    short &&= field.length < SHORT.length;
    if (short) text += SHORT[field.length] + field;
  }
  const encoded = short && Buffer.byteLength(text) === text.length ? text : encodeFields(fields);
  const length = before + encoded.length + after;
  if (length > MAX_LENGTH) throw new EncryptionError();
  const bytes = Buffer.allocUnsafe(length);
  if (typeof encoded === 'string') bytes.write(encoded, before, 'latin1');
  else encoded.copy(bytes, before);
  return bytes;
}

function encodeFields(fields: readonly string[]): Buffer {
  const parts = [Buffer.from(BEGINNING, 'latin1')];
  for (const field of fields) {
    // A lone surrogate would become U+FFFD, and two contexts one.
    if (!field.isWellFormed()) throw new EncryptionError();
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

function expiry(expiresAt: Date | null): string {
  if (expiresAt === null) return '';
  const time = types.isDate(expiresAt) ? expiresAt.getTime() : Number.NaN;
  if (Number.isNaN(time)) throw new EncryptionError();
  return String(time);
}
