import { UserRequiredError } from '../errors/index.js';

/** What a missing value turns into when somebody writes `String(value)` or a template around it. */
const ACCIDENTS = new Set(['undefined', 'null', 'nan', 'true', 'false', '[object object]']);
const MAX_LENGTH = 255;

/**
 * Turns what `resolveUser` gave into an owner's id. `undefined` and `null` are an anonymous visitor; anything that is
 * no id is refused rather than shared by everybody whose id went wrong in the same way.
 *
 * @throws UserRequiredError
 * @internal
 */
export function normaliseUserId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value !== 0) return String(value);
  if (
    typeof value === 'string' &&
    value.length <= MAX_LENGTH &&
    value === value.trim() &&
    value !== '' &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value) &&
    !ACCIDENTS.has(value.toLowerCase())
  ) {
    return value;
  }
  throw new UserRequiredError('Sign in first: the user of this request could not be determined.');
}
