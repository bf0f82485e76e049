import { randomBytes } from 'node:crypto';

/** How many characters of a key in a row are a leak. */
const WINDOW = 8;

/** A key that is looked for wherever it must not be, whole or in part, plain or encoded. */
export class Canary {
  /** Ends in a part that hints may show, and has characters that encodings change. */
  readonly key = `sk-canary+${randomBytes(18).toString('base64url')}/=&"%${randomBytes(12).toString('hex')}`;
  readonly #needles = [...needlesOf(this.key)];

  /** In which forms a text has it. */
  find(text: string): string[] {
    return this.#needles.filter(([, needle]) => text.includes(needle)).map(([form]) => form);
  }
}

function* needlesOf(key: string): Generator<[form: string, needle: string]> {
  // What is looked for is what no other key begins with.
  for (let start = 'sk-canary+'.length; start + WINDOW <= key.length; start++) {
    const part = key.slice(start, start + WINDOW);
    const hex = Buffer.from(part).toString('hex');
    yield ['raw', part];
    yield ['URL-encoded', encodeURIComponent(part)];
    yield ['JSON', JSON.stringify(part).slice(1, -1)];
    yield ['HTML', part.replaceAll('&', '&amp;').replaceAll('"', '&quot;')];
    yield ['hex', hex];
    yield ['upper-case hex', hex.toUpperCase()];
  }
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.from(' '.repeat(before) + key).toString('base64');
    // Without what depends on the neighbours.
    const length = Math.ceil((WINDOW * 4) / 3);
    for (let start = 20; start + length <= encoded.length - 4; start++) {
      const part = encoded.slice(start, start + length);
      yield [`base64 after ${before}`, part];
      yield [`base64url after ${before}`, part.replaceAll('+', '-').replaceAll('/', '_')];
    }
  }
}
