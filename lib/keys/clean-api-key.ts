/** White space, byte order marks, zero-width and other invisible characters. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;

const QUOTES: Record<string, string> = { '"': '"', "'": "'", '“': '”', '‘': '’', '„': '“', '«': '»' };

/** `OPENAI_API_KEY=`, `export HF_TOKEN=`: a line of an environment file. */
const ASSIGNMENT = /^(?:export\s+)?[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PAT)\s*=/;

const SCHEME = /^bearer\s+/i;

/**
 * Removes what people copy along with a key: white space and invisible characters at its ends, one pair of quotes around
 * it, `Bearer ` or `NAME=` before it. Each is removed at most once, and nothing inside the key changes.
 *
 * `setKey`, the pages and the JSON API do this for keys of the format `token`.
 *
 * @example
 * ```ts
 * cleanApiKey(' export OPENAI_API_KEY="sk-example" '); // 'sk-example'
 * ```
 *
 * @publicApi
 */
export function cleanApiKey(text: string): string {
  const steps = [withoutQuotes, (key: string) => key.replace(ASSIGNMENT, ''), (key: string) => key.replace(SCHEME, '')];
  let key = text.replace(AROUND, '');
  for (let i = 0; i < steps.length;) {
    const shorter = steps[i](key).replace(AROUND, '');
    if (shorter === key) {
      i++;
    } else {
      key = shorter;
      steps.splice(i, 1);
      i = 0;
    }
  }
  return key;
}

function withoutQuotes(text: string): string {
  const inside = text.slice(1, -1);
  const [open, close] = [text[0], text.at(-1)!];
  // Of "name":"key" these two are not a pair.
  const isPair = text.length > 1 && QUOTES[open] === close && !inside.includes(open) && !inside.includes(close);
  return isPair ? inside : text;
}
