const MAX_DEPTH = 6;
const MAX_VALUES = 200;
const MAX_TEXT = 16_384;

/** Names under which providers put codes. Everything else counts as text. */
const CODE_NAMES = /^(?:.*code|type|status|reason|name|title|category|__type|rawType)$/i;

/** What an answer or an error says, independent of its form. It can hold parts of keys: it is compared, never passed on. */
export interface Words {
  /** Values of names such as `code`, `type`, `status`, `reason`. */
  readonly codes: ReadonlySet<string>;
  /** All texts, a line each. */
  readonly text: string;
}

/** Collects the words of parsed JSON, of the text of a body, or of several of them. */
export function wordsOf(...values: readonly unknown[]): Words {
  const codes = new Set<string>();
  const lines: string[] = [];
  let left = MAX_VALUES;
  const walk = (value: unknown, name: string, depth: number): void => {
    if (left-- <= 0 || depth > MAX_DEPTH) return;
    if (typeof value === 'string' || typeof value === 'number') {
      const word = String(value).slice(0, MAX_TEXT);
      if (CODE_NAMES.test(name)) codes.add(word);
      lines.push(word);
    } else if (Array.isArray(value)) {
      for (const each of value) walk(each, name, depth + 1);
    } else if (isObject(value)) {
      for (const [key, each] of Object.entries(value)) walk(each, key, depth + 1);
    }
  };
  for (const value of values) walk(value, '', 0);
  return { codes, text: lines.join('\n').slice(0, MAX_TEXT) };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isHtml(contentType: string | null | undefined, text: string): boolean {
  return /\bx?html\b/i.test(contentType ?? '') || /^\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text);
}

/** JSON, the codes of AWS's XML, or else the text itself. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return /^\s*<(?:\?xml|\w*Response\b)/.test(text) ? xmlValues(text) : text;
  }
}

/** The texts of an XML document's leaves, by their element's name. */
function xmlValues(xml: string): Record<string, string> {
  return Object.fromEntries(
    [...xml.matchAll(/<(\w+)>([^<>]*)<\/\1>/g)].map(([, name, value]) => [name, value] as const),
  );
}
