/**
 * Formatters of `Intl` are dear to make (tens of microseconds) and cheap to use, so they are kept. Few, since a
 * language may come from a request's header.
 */
const KEPT = 64;

function keep<T>(make: (locale: string, timeZone: string) => T, fallback: () => T) {
  const kept = new Map<string, T>();
  return (locale: string, timeZone = 'UTC'): T => {
    const name = `${locale} ${timeZone}`;
    let formatter = kept.get(name);
    if (!formatter) {
      // An unknown language or time zone is no reason not to show the page.
      try {
        formatter = make(locale, timeZone);
      } catch {
        formatter = fallback();
      }
      if (kept.size >= KEPT) kept.clear();
      kept.set(name, formatter);
    }
    return formatter;
  };
}

/** There are few such texts: 59 minutes, 23 hours, 29 days, 12 months and a couple of years. */
function remember(formatter: Intl.RelativeTimeFormat): (value: number, unit: Intl.RelativeTimeFormatUnit) => string {
  const texts = new Map<string, string>();
  return (value, unit) => {
    const name = `${value} ${unit}`;
    let text = texts.get(name);
    if (text === undefined) {
      if (texts.size >= 512) texts.clear();
      texts.set(name, (text = formatter.format(value, unit)));
    }
    return text;
  };
}

/** A page is shown again after each of its forms, with the same moments on it; their texts say no more than the minute. */
function byMinute(formatter: Intl.DateTimeFormat): (time: number) => string {
  const texts = new Map<number, string>();
  return (time) => {
    const minute = Math.floor(time / 60_000);
    let text = texts.get(minute);
    if (text === undefined) {
      if (texts.size >= 256) texts.clear();
      texts.set(minute, (text = formatter.format(time)));
    }
    return text;
  };
}

/** @internal */
export const pluralRules = keep(
  (locale) => new Intl.PluralRules(locale),
  () => new Intl.PluralRules('en'),
);

/** @internal */
export const numberFormat = keep(
  (locale) => new Intl.NumberFormat(locale),
  () => new Intl.NumberFormat('en'),
);

/** `in 3 days`, `3 days ago`. @internal */
export const relativeTime = keep(
  (locale) => remember(new Intl.RelativeTimeFormat(locale, { numeric: 'always' })),
  () => remember(new Intl.RelativeTimeFormat('en', { numeric: 'always' })),
);

/** `now`. @internal */
export const presentTime = keep(
  (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second'),
  () => 'now',
);

/** `January 31, 2030`. @internal */
export const dateFormat = keep(
  (locale, timeZone) => byMinute(new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone })),
  () => byMinute(new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })),
);

/** `Jan 31, 2030, 12:00 PM`. By styles: with its parts asked for one by one, formatting takes twice as long. @internal */
export const momentFormat = keep(
  (locale, timeZone) =>
    byMinute(new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone })),
  () => byMinute(new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })),
);

/** `A, B, or C`. @internal */
export const anyOf = keep(
  (locale) => new Intl.ListFormat(locale, { type: 'disjunction' }),
  () => new Intl.ListFormat('en', { type: 'disjunction' }),
);

/** Which way the language is written. @internal */
export function directionOf(locale: string): 'ltr' | 'rtl' {
  return /^(ar|arc|ckb|dv|fa|he|ks|ku|ps|sd|syr|ug|ur|yi)\b/i.test(locale) ? 'rtl' : 'ltr';
}
