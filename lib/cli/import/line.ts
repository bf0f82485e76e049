import type { UnreadableItem } from '../../keys/index.js';

/** Bytes of a line, or of a record of several lines: more than any key with its fields has. @internal */
export const MOST_BYTES = 1024 * 1024;

/** What a line holds: an item as it was written, or why it is none. @internal */
export interface ImportLine {
  /** From 1; of several lines the last. */
  line: number;
  item: Record<string, unknown> | UnreadableItem;
}

/** Something that makes the rest of the input unreadable. @internal */
export class BrokenInput extends Error {}

/** What a decoder writes in the place of bytes that are not UTF-8. @internal */
export const NOT_UTF8 = '\ufffd';

/** @throws BrokenInput for the first bytes of a file in UTF-16 @internal */
export function refuseUtf16(start: Buffer): void {
  const [first, second] = start;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new BrokenInput('The input is in UTF-16. Save it as UTF-8.');
  }
}
