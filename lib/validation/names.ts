const PROVIDER = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const FIELD = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Names that every object has, such as `constructor`. */
function isOfPrototypes(name: string): boolean {
  return name === 'prototype' || name in Object.prototype;
}

/** @internal */
export function isProviderName(value: unknown): value is string {
  return typeof value === 'string' && PROVIDER.test(value) && !isOfPrototypes(value);
}

/** @internal */
export function isFieldName(value: unknown): value is string {
  return typeof value === 'string' && FIELD.test(value) && !isOfPrototypes(value);
}

/** 1 to 64 characters without control characters, without white space at either end. @internal */
export function isLabel(value: unknown): value is string {
  return isText(value, 64) && value.length > 0 && value === value.trim();
}

/** Bytes of a text that may have several lines. @internal */
export const MAX_LINES_BYTES = 24 * 1024;

/** Well-formed text that may have several lines and tabs, but no other control characters. @internal */
export function isLines(value: string): boolean {
  return value.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(value);
}

/** Well-formed text of at most `max` characters, without control characters. @internal */
export function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length <= max && value.isWellFormed() && !/\p{Cc}/u.test(value);
}

/** Without the flags g and y: with them, `test` remembers its position and refuses every second text. @internal */
export function matches(pattern: RegExp, text: string): boolean {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(text);
}
