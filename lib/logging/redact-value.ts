import { inspect, types } from 'node:util';
import { isSecretName, redact, REDACTED } from './redact.js';

/** More than a log line needs. */
const MAX_DEPTH = 12;
const MAX_VALUES = 10_000;

/**
 * A redacted copy of a value for a log. Strings go through `redact`, and properties with names of secrets are replaced,
 * in objects, arrays, maps, sets and errors with their stacks and causes. Circular values work. The value is not changed.
 *
 * @internal
 */
export function redactValue(value: unknown): unknown {
  return new Copy().of(value, 0);
}

class Copy {
  readonly #seen = new Map<object, unknown>();
  #left = MAX_VALUES;

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return redact(value);
    if (typeof value !== 'object' || value === null) return value;
    const seen = this.#seen.get(value);
    if (seen !== undefined) return seen;
    if (depth > MAX_DEPTH || this.#left-- <= 0) return '[…]';
    try {
      return this.#object(value, depth + 1);
    } catch {
      // A getter, a proxy or a toJSON that throws.
      return '[unreadable]';
    }
  }

  #object(value: object, depth: number): unknown {
    if (types.isDate(value) || types.isRegExp(value)) return value;
    // Bytes can be a key too.
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
    if (types.isNativeError(value) || value instanceof Error) return this.#error(value, depth);
    if (Array.isArray(value)) {
      const copy = this.#remember(value, [] as unknown[]);
      // Raw headers alternate names and values.
      for (const [i, each] of value.entries()) copy.push(this.#property(value[i - 1], each, depth));
      return copy;
    }
    if (types.isMap(value)) {
      const copy = this.#remember(value, new Map());
      for (const [key, each] of value) copy.set(this.of(key, depth), this.#property(key, each, depth));
      return copy;
    }
    if (types.isSet(value)) {
      const copy = this.#remember(value, new Set());
      for (const each of value) copy.add(this.of(each, depth));
      return copy;
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.of(toJSON.call(value), depth);
    // A custom inspect may read private fields, which a copy does not have.
    if (typeof (value as { [inspect.custom]?: unknown })[inspect.custom] === 'function') return redact(inspect(value));
    const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
    return this.#properties(value, this.#remember(value, copy), depth);
  }

  #error(error: Error, depth: number): Error {
    const copy = this.#remember(
      error,
      Object.setPrototypeOf(new Error(), Object.getPrototypeOf(error) as object) as Error,
    );
    // The stack of this function; the original may have none.
    delete copy.stack;
    for (const name of ['name', 'message', 'stack', 'cause', 'errors'] as const) {
      if (name === 'name' ? Object.hasOwn(error, name) : name in error) {
        Object.defineProperty(copy, name, {
          value: this.of((error as Error & { errors?: unknown })[name], depth),
          enumerable: false,
          configurable: true,
          writable: true,
        });
      }
    }
    return this.#properties(error, copy, depth);
  }

  #properties<T extends object>(from: object, to: T, depth: number): T {
    for (const name of Object.keys(from)) {
      if (Object.hasOwn(to, name)) continue;
      const value = this.#property(name, (from as Record<string, unknown>)[name], depth);
      // Defined, not set: a setter of the prototype, or `__proto__`, must not run.
      Object.defineProperty(to, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return to;
  }

  #property(name: unknown, value: unknown, depth: number): unknown {
    const isSecret = typeof name === 'string' && isSecretName(name);
    const isEmpty = value === null || value === undefined || typeof value === 'boolean';
    return isSecret && !isEmpty ? REDACTED : this.of(value, depth);
  }

  #remember<T>(value: object, copy: T): T {
    this.#seen.set(value, copy);
    return copy;
  }
}
