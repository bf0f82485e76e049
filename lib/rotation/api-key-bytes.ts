import { EncryptionError } from '../errors/index.js';

const BEGINNING = Buffer.from('{"v":1,"key":"');
const END = Buffer.from('"}');
const [QUOTE, BACKSLASH] = Buffer.from('"\\');
const SPACE = 0x20;

/**
 * The API key in a record's plaintext, `{"v":1,"key":…,"fields":…}`. Where nothing is escaped and there are no fields
 * it is a part of the buffer, which its owner wipes; a string could not be wiped.
 *
 * @throws EncryptionError if the text is something else
 * @throws whatever the JSON parser throws, which quotes the text and must be caught
 * @internal
 */
export function apiKeyBytes(text: Buffer): Uint8Array | string {
  return plainKey(text) ?? parsedKey(text);
}

function plainKey(text: Buffer): Uint8Array | undefined {
  const end = text.length - END.length;
  if (end < BEGINNING.length || !startsAndEnds(text, end)) return undefined;
  for (let i = BEGINNING.length; i < end; i++) {
    const byte = text[i];
    if (byte === QUOTE || byte === BACKSLASH || byte < SPACE) return undefined;
  }
  return text.subarray(BEGINNING.length, end);
}

function startsAndEnds(text: Buffer, end: number): boolean {
  return text.compare(BEGINNING, 0, BEGINNING.length, 0, BEGINNING.length) === 0 && text.compare(END, 0, 2, end) === 0;
}

function parsedKey(text: Buffer): string {
  const content = JSON.parse(text.toString()) as { v?: unknown; key?: unknown } | null;
  if (content?.v !== 1 || typeof content.key !== 'string') throw new EncryptionError();
  return content.key;
}
