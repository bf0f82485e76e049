const escapeJson = (text: string) => JSON.stringify(text).slice(1, -1);
const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? '&#39;');
const latin1 = (bytes: Buffer) => bytes.toString('latin1');

/** What a text looks like in each encoding, as bytes one character each. */
const ENCODINGS: Record<string, (text: string) => string[]> = {
  raw: (text) => [latin1(Buffer.from(text))],
  'latin-1': (text) => [latin1(Buffer.from(text, 'latin1'))],
  hex: (text) => [Buffer.from(text).toString('hex'), Buffer.from(text).toString('hex').toUpperCase()],
  'URL-encoded': (text) => {
    const encoded = encodeURIComponent(text);
    return [encoded, encoded.replace(/%../g, (escape) => escape.toLowerCase()), encodeURI(text)];
  },
  JSON: (text) => {
    const ascii = escapeJson(text).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return [escapeJson(text), escapeJson(escapeJson(text)), ascii].map((each) => latin1(Buffer.from(each)));
  },
  HTML: (text) => [latin1(Buffer.from(escapeHtml(text)))],
  'UTF-16': (text) => {
    const little = Buffer.from(text, 'utf16le');
    return [latin1(little), latin1(Buffer.from(little).swap16())];
  },
  base64: (text) => [0, 1, 2].flatMap((alignment) => base64Of(Buffer.from(text), alignment)),
  reversed: (text) => [latin1(Buffer.from([...text].reverse().join('')))],
};

/** The characters of base64 that depend on these bytes alone, where they begin at this place of a group of three. */
function base64Of(bytes: Buffer, alignment: number): string[] {
  const first = Math.ceil((alignment * 8) / 6);
  const last = Math.floor(((alignment + bytes.length) * 8) / 6);
  const all = Buffer.concat([Buffer.alloc(alignment), bytes]);
  return [all.toString('base64'), all.toString('base64url')].map((text) => text.slice(first, last));
}

/** Where a secret was found, and in which clothes. @internal */
export interface Leak {
  encoding: string;
  /** The part of the secret that it was found by. */
  window: string;
  at: number;
}

/** A search for any characters in a row of a secret, in every encoding that text comes in. @internal */
export class LeakSearch {
  readonly #needles: { encoding: string; window: string; text: string }[];

  /** @param length - Characters in a row that give the secret away. */
  constructor(secret: string, length: number) {
    const characters = [...secret];
    const windows = Array.from({ length: Math.max(1, characters.length - length + 1) }, (_, i) =>
      characters.slice(i, i + length).join(''),
    );
    const seen = new Set<string>();
    this.#needles = windows.flatMap((window) =>
      Object.entries(ENCODINGS).flatMap(([encoding, encode]) =>
        encode(window).flatMap((text) => {
          if (seen.has(text)) return [];
          seen.add(text);
          return [{ encoding, window, text }];
        }),
      ),
    );
  }

  /** The first leak in each encoding, none where there is none. What looks the same in two counts as the simpler one. */
  find(haystack: string | Uint8Array): Leak[] {
    const text = latin1(Buffer.from(haystack as string));
    const leaks = new Map<string, Leak>();
    for (const { encoding, window, text: needle } of this.#needles) {
      if (leaks.has(encoding)) continue;
      const at = text.indexOf(needle);
      if (at !== -1) leaks.set(encoding, { encoding, window, at });
    }
    return [...leaks.values()];
  }

  /** The encodings that it was found in. */
  encodings(haystack: string | Uint8Array): string[] {
    return this.find(haystack).map(({ encoding }) => encoding);
  }
}
