import { randomBytes } from 'node:crypto';

/** Characters in a row that give a key away. */
const WINDOW = 8;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Where a canary was found, and in which clothes. */
export interface Leak {
  encoding: string;
  /** The part of the canary that it was found by. */
  window: string;
  at: number;
}

/**
 * A key that stands nowhere else: random all over, so that no eight characters of it are found by chance, and with
 * characters that JSON, HTML and URLs write differently. It begins with a letter: of what begins like a number a
 * parser of JSON tells only where it ends, and the control that expects a quotation would find none.
 */
export function makeCanary(length = 40): string {
  const random = (n: number) => [...randomBytes(n)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  const part = Math.ceil((length - 6) / 6);
  return `k${['"', '\\', '<', '&', '%', '+']
    .map((special) => random(part) + special)
    .join('')
    .slice(1)}`;
}

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
};

/** The characters of base64 that depend on these bytes alone, where they begin at this place of a group of three. */
function base64Of(bytes: Buffer, alignment: number): string[] {
  const first = Math.ceil((alignment * 8) / 6);
  const last = Math.floor(((alignment + bytes.length) * 8) / 6);
  const all = Buffer.concat([Buffer.alloc(alignment), bytes]);
  return [all.toString('base64'), all.toString('base64url')].map((text) => text.slice(first, last));
}

/** A search for any eight characters in a row of a canary, in every encoding that text comes in. */
export class LeakSearch {
  readonly #needles: { encoding: string; window: string; text: string }[];

  constructor(canary: string) {
    const characters = [...canary];
    const windows = Array.from({ length: characters.length - WINDOW + 1 }, (_, i) =>
      characters.slice(i, i + WINDOW).join(''),
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
