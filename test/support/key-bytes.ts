/** Bytes in a row that give a key away. */
const WINDOW = 8;

/** The forms in which a text or bytes have a part of a key in them: raw, as hex, or as base64. */
export function findKeyBytes(haystack: string | Uint8Array, key: Buffer): string[] {
  const text = Buffer.from(haystack as string).toString('latin1');
  const lower = text.toLowerCase();
  const found = new Set<string>();
  for (let start = 0; start + WINDOW <= key.length; start++) {
    const part = key.subarray(start, start + WINDOW);
    if (text.includes(part.toString('latin1'))) found.add('raw');
    if (lower.includes(part.toString('hex'))) found.add('hex');
    if (text.includes([...part].join(','))) found.add('numbers');
    for (const before of [0, 1, 2]) {
      // Without the characters that depend on the neighbours.
      const first = Math.ceil((before * 8) / 6);
      const last = Math.floor(((before + WINDOW) * 8) / 6);
      const bytes = Buffer.concat([Buffer.alloc(before), part]);
      for (const encoding of ['base64', 'base64url'] as const) {
        if (text.includes(bytes.toString(encoding).slice(first, last))) found.add('base64');
      }
    }
  }
  return [...found];
}
