/** What a missing value turns into when somebody writes `String(value)` or a template around it. */
const ACCIDENTS = new Set(['undefined', 'null', 'nan', 'true', 'false', '[object object]']);
const MAX_LENGTH = 255;
/** Of MongoDB: an ObjectId or a UUID. */
const HEX = /^(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * The text that a user's id is kept as, `undefined` for a value that is not an id: those are refused, because all users
 * whose id went wrong in the same way would share one set of keys.
 *
 * The same id is the same owner in every type that a driver, a token or a form may give it: `7`, `7n` and `'7'`. Nothing
 * else is converted: `'07'` and `'7.0'` are other owners.
 *
 * @internal
 */
export function userIdText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return faultOfText(value) === undefined ? value : undefined;
    case 'number':
      return Number.isSafeInteger(value) && value !== 0 ? String(value) : undefined;
    case 'bigint':
      return value === 0n ? undefined : textOf(String(value));
    case 'object':
      return value === null ? undefined : hexOf(value);
    default:
      return undefined;
  }
}

/** Why a value is not an id, for the operator. Never quotes it. @internal */
export function whyNotAnId(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return faultOfText(value) ?? 'a string';
    case 'number':
    case 'bigint':
      return 'a number that is not a whole one, is 0, or is too large';
    default:
      return describeValue(value);
  }
}

function faultOfText(text: string): string | undefined {
  if (text === '') return 'an empty string';
  if (text.length > MAX_LENGTH) return `a string of more than ${MAX_LENGTH} characters`;
  if (text !== text.trim()) return 'a string with spaces around it';
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) return 'a string with control characters or lone surrogates';
  if (ACCIDENTS.has(text.toLowerCase())) return 'a string that a missing or wrong value was converted to';
  return undefined;
}

function textOf(text: string): string | undefined {
  return text.length <= MAX_LENGTH ? text : undefined;
}

/** The canonical text of an `ObjectId` or `UUID` of MongoDB, from any copy of its library. */
function hexOf(value: object): string | undefined {
  const { toHexString } = value as { toHexString?: unknown };
  if (typeof toHexString !== 'function') return undefined;
  const text: unknown = toHexString.call(value);
  return typeof text === 'string' && HEX.test(text) ? text : undefined;
}

const MAX_NAMES = 20;

/** A value by its type and the names of its properties, which a developer recognises it by. Never a value. @internal */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const names = namesOf(value);
  return names.length === 0 ? 'an object without properties' : `an object with ${names.join(', ')}`;
}

function namesOf(value: object): string[] {
  try {
    return Object.keys(value)
      .slice(0, MAX_NAMES)
      .map((name) => name.slice(0, 64).replace(/[^\w$.:/@-]/g, '\ufffd'));
  } catch {
    // Of a proxy.
    return [];
  }
}
