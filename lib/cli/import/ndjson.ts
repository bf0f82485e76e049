import { UnreadableItem } from '../../keys/index.js';
import { type ImportLine, MOST_BYTES, NOT_UTF8, refuseUtf16 } from './line.js';

const NEWLINE = 0x0a;

/** Lines of JSON, one at a time. Of a line that is too long, no more than that is kept. @internal */
export async function* ndjsonLines(input: AsyncIterable<Buffer>): AsyncGenerator<ImportLine> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let line = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes > MOST_BYTES) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  const end = (): ImportLine | undefined => {
    line++;
    const item = bytes > MOST_BYTES ? new UnreadableItem('The line is too long.') : parsed(Buffer.concat(parts), line);
    parts = [];
    bytes = 0;
    return item && { line, item };
  };
  for await (const chunk of input) {
    if (line === 0 && bytes === 0) refuseUtf16(chunk);
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, at));
      start = at + 1;
      const found = end();
      if (found) yield found;
    }
    take(chunk.subarray(start));
  }
  const last = end();
  if (last) yield last;
}

/** `undefined` for an empty line. */
function parsed(bytes: Buffer, line: number): ImportLine['item'] | undefined {
  let text = bytes.toString('utf8');
  if (line === 1) text = text.replace(/^\ufeff/, '');
  if (text.trim() === '') return undefined;
  if (text.includes(NOT_UTF8)) return new UnreadableItem('The line is not UTF-8.');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The parser's own message quotes the text.
  }
  return new UnreadableItem('The line is not a JSON object.');
}
