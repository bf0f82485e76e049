import type { ProviderFailure } from '../interfaces/index.js';
import { addressOf, bodyOf, headersOf, statusOf } from './facts.js';
import { isDecided, isObject, isResponse, read } from './reading.js';
import { responseText } from './response-text.js';

/** How far below what was thrown an answer is looked for, and among how many errors. */
const MAX_DEPTH = 4;
const MAX_ERRORS = 32;

/**
 * What is known of a failed call of a provider, from whatever was thrown: the first error that has the status of a
 * response, else the first that has a body, among it, its `lastError`, `cause` and `errors`. It never throws, and never
 * waits for anything.
 *
 * @internal
 */
export function failureOf(thrown: unknown): ProviderFailure {
  const errors = errorsOf(thrown);
  const error =
    errors.find((each) => statusOf(each) !== undefined) ?? errors.find((each) => bodyOf(each) !== undefined);
  return error === undefined ? { error: thrown } : describe(error, thrown);
}

/** The same, of a thrown `Response` with its body, as far as that comes in time. It never rejects. @internal */
export async function readFailure(thrown: unknown): Promise<ProviderFailure> {
  const failure = failureOf(thrown);
  const response = errorsOf(thrown).find(isResponse);
  if (!response || failure.status !== statusOf(response) || failure.body !== undefined) return failure;
  const body = bodyOf({ body: await responseText(response) });
  return body === undefined ? failure : { ...failure, body };
}

/** Whether a `Response` was thrown: {@link readFailure} knows more of it than {@link failureOf}. @internal */
export function hasUnreadBody(thrown: unknown): boolean {
  return errorsOf(thrown).some(isResponse);
}

/** What was thrown and what it was thrown for, the nearest first; without what the application decided. @internal */
export function errorsOf(thrown: unknown): object[] {
  const found: object[] = [];
  let level: unknown[] = [thrown];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const error of level) {
      if (found.length >= MAX_ERRORS || !isObject(error) || found.includes(error) || isDecided(error)) continue;
      found.push(error);
      next.push(read(error, 'lastError'), read(error, 'cause'), ...listOf(read(error, 'errors')));
    }
    level = next;
  }
  return found;
}

function describe(error: object, thrown: unknown): ProviderFailure {
  const facts = { status: statusOf(error), headers: headersOf(error), body: bodyOf(error), url: addressOf(error) };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(known), error: thrown };
}

function listOf(value: unknown): unknown[] {
  try {
    return Array.isArray(value) ? value.slice(0, MAX_ERRORS) : [];
  } catch {
    return [];
  }
}
