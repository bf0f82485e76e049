import { inspect } from 'node:util';
import { InvalidInputError } from '../errors/index.js';
import { LeakSearch } from './leak-search.js';

/** Characters in a row that give a secret away: more than providers' prefixes and hints have. */
const WINDOW = 12;
/** A secret that is shorter is found by chance. */
const SHORTEST = 8;
const DEEPEST = 20;

/**
 * Where a secret can be found: the encodings in which it, or 12 characters of it in a row, stands in a text, in bytes, or in
 * anything that an object shows: its properties, hidden ones and symbols too, an error's message, stack and cause, what
 * `JSON.stringify` and `util.inspect` make of it. An empty array is the good answer.
 *
 * The encodings are `raw`, `latin-1`, `hex`, `URL-encoded`, `JSON`, `HTML`, `UTF-16`, `base64` (base64url too) and `reversed`.
 * The body of a `Response` is not read: give its text.
 *
 * @example
 * ```ts
 * expect(findLeaks('sk-test-of-alice', await response.text(), logged, error)).toEqual([]);
 * ```
 *
 * @throws InvalidInputError for a secret of fewer than 8 characters, and for a `Response`
 * @publicApi
 */
export function findLeaks(secret: string, ...haystacks: readonly unknown[]): string[] {
  if (typeof secret !== 'string' || secret.length < SHORTEST) {
    throw new InvalidInputError(`findLeaks() needs a secret of at least ${SHORTEST} characters.`);
  }
  const search = new LeakSearch(secret, WINDOW);
  const found = new Set<string>();
  for (const text of haystacks.flatMap((each) => [...textsOf(each, new Set(), 0)])) {
    for (const encoding of search.encodings(text)) found.add(encoding);
  }
  return [...found].sort();
}

/** Everything that can be read of a value. */
function* textsOf(value: unknown, seen: Set<object>, depth: number): Generator<string | Uint8Array> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'symbol') yield value.toString();
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
  if (value instanceof Response) {
    throw new InvalidInputError('findLeaks() cannot read the body of a Response. Give it await response.text().');
  }
  if (seen.has(value) || depth > DEEPEST) return;
  seen.add(value);
  yield* bytesOf(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
  if (depth === 0) yield* printed(value);
  if (value instanceof Map || value instanceof Set || value instanceof Headers || value instanceof URLSearchParams) {
    for (const each of value as Iterable<unknown>) yield* textsOf(each, seen, depth + 1);
  }
  for (const name of Reflect.ownKeys(value)) {
    yield* textsOf(name, seen, depth + 1);
    // A getter may do anything.
    yield* textsOf(Reflect.getOwnPropertyDescriptor(value, name)?.value, seen, depth + 1);
  }
}

function* bytesOf(value: object): Generator<Uint8Array> {
  if (ArrayBuffer.isView(value)) yield new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) yield new Uint8Array(value);
}

/** What logs make of it. */
function* printed(value: object): Generator<string> {
  const makers = [
    () => JSON.stringify(value),
    () => (value as { toString(): string }).toString(),
    () => inspect(value, { depth: DEEPEST, showHidden: true }),
  ];
  for (const make of makers) {
    try {
      yield make() ?? '';
    } catch {
      // It cannot be printed so.
    }
  }
}
