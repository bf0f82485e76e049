import type { ProviderFailure } from '../interfaces/index.js';
import { errorsOf } from './failure.js';
import { isObject, read, readText } from './reading.js';

/** Characters of an error that are searched, and of a key that can be quoted. */
const MAX_TEXT = 16_384;
const MAX_PART = 256;
const MAX_QUOTES = 20;

/** What stands for the hidden middle of a key. */
const MASK = /\*{3,}|•{2,}|…(?=[\w-]{2})|(?<=[\w-]{2})\.{3}(?=[\w-]{2})/g;
const KEY_CHARACTER = /[\w.-]/;
/** A whole key after words that announce one. With a digit: words do not have one. */
const ANNOUNCED = /\bkey(?: provided| supplied)?\s{0,3}[:=]\s{0,3}["'`]?((?=[a-z_.-]*\d)[\w.-]{12,256})/gi;

/**
 * Whether every key that an error quotes, whole or shortened, can be this one. Providers repeat parts of the key that they
 * refuse: by them, another key of the same provider is recognized.
 *
 * @internal
 */
export function quotesFit(text: string, apiKey: string, prefixes: readonly string[]): boolean {
  return (
    shortenedIn(text).every((quote) => fits(quote, apiKey)) && wholeIn(text, prefixes).every((key) => key === apiKey)
  );
}

/** The texts of a failed call, as far as they are searched for keys. @internal */
export function textOf({ body, error }: ProviderFailure): string {
  const parts: string[] = errorsOf(error).flatMap((each) => readText(each, 'message')?.slice(0, MAX_TEXT) ?? []);
  collect(body, parts, 4);
  return parts.join('\n').slice(0, MAX_TEXT);
}

function collect(value: unknown, parts: string[], depth: number): void {
  if (typeof value === 'string') parts.push(value.slice(0, MAX_TEXT));
  if (!isObject(value) || depth === 0 || parts.length > 100) return;
  let names: string[] = [];
  try {
    names = Object.keys(value).slice(0, 50);
  } catch {
    // A proxy that does not say what it has.
  }
  for (const name of names) collect(read(value, name), parts, depth - 1);
}

interface Quote {
  start: string;
  end: string;
}

function shortenedIn(text: string): Quote[] {
  const quotes: Quote[] = [];
  for (const { 0: mask, index } of text.matchAll(MASK)) {
    let from = index;
    while (from > 0 && index - from < MAX_PART && KEY_CHARACTER.test(text[from - 1])) from--;
    const after = index + mask.length;
    let to = after;
    while (to < text.length && to - after < MAX_PART && KEY_CHARACTER.test(text[to])) to++;
    // The sentence that the key ends.
    const quote = { start: text.slice(from, index), end: text.slice(after, to).replace(/\.+$/, '') };
    if (quote.start !== '' || quote.end !== '') quotes.push(quote);
    if (quotes.length === MAX_QUOTES) break;
  }
  return quotes;
}

function fits({ start, end }: Quote, apiKey: string): boolean {
  return apiKey.startsWith(start) && apiKey.endsWith(end) && start.length + end.length <= apiKey.length;
}

function wholeIn(text: string, prefixes: readonly string[]): string[] {
  const announced = [...text.matchAll(ANNOUNCED)].map(([, key]) => key);
  const begun = (text.match(/[\w.-]{16,256}/g) ?? []).filter((word) =>
    prefixes.some((start) => word.startsWith(start)),
  );
  // Those that are shortened were judged as such.
  return [...announced, ...begun]
    .map((key) => key.replace(/\.+$/, ''))
    .filter((key) => !text.includes(`${key}*`) && !text.includes(`${key}…`) && !text.includes(`${key}...`));
}
