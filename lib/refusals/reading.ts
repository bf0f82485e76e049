/** Errors are read wherever they come from: a getter, a proxy or a revoked one may throw. */

/** A property, `undefined` if there is none or it cannot be read. @internal */
export function read(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (!isObject(current)) return undefined;
    try {
      current = current[name];
    } catch {
      return undefined;
    }
  }
  return current;
}

/** A text, without those that are too long to be one of interest. @internal */
export function readText(value: unknown, ...path: readonly string[]): string | undefined {
  const text = read(value, ...path);
  return typeof text === 'string' ? text : undefined;
}

/** @internal */
export function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** What is not read, because it is not an answer but a decision of the application: an `HttpException` or the like. @internal */
export function isDecided(error: unknown): boolean {
  if (typeof read(error, 'getStatus') === 'function' && typeof read(error, 'getResponse') === 'function') return true;
  // The signature of http-errors, and of this library's own.
  if (typeof read(error, 'expose') === 'boolean' && typeof read(error, 'statusCode') === 'number') return true;
  return /^BYOK_[A-Z_]+$/.test(readText(error, 'code') ?? '');
}

/** A `Response` of `fetch`, of whichever copy. @internal */
export function isResponse(value: unknown): value is Response {
  return (
    typeof read(value, 'status') === 'number' &&
    typeof read(value, 'clone') === 'function' &&
    typeof read(value, 'text') === 'function' &&
    typeof read(value, 'headers', 'get') === 'function'
  );
}
