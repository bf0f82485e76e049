/** Creating a formatter takes tens of microseconds. The number kept is limited because a request's header chooses the language. */
const KEPT = 64;

function keep<T>(make: (locale: string, timeZone: string) => T, fallback: () => T) {
  const kept = new Map<string, T>();
  return (locale: string, timeZone = 'UTC'): T => {
    const name = `${locale} ${timeZone}`;
    let formatter = kept.get(name);
    if (!formatter) {
      // An unknown language or time zone must not stop the page.
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
  (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'always' }),
  () => new Intl.RelativeTimeFormat('en', { numeric: 'always' }),
);

/** `now`. @internal */
export const presentTime = keep(
  (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
  () => new Intl.RelativeTimeFormat('en', { numeric: 'auto' }),
);

/** `January 31, 2030`. @internal */
export const dateFormat = keep(
  (locale, timeZone) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone }),
  () => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }),
);

/** `Jan 31, 2030, 12:00 PM`. @internal */
export const momentFormat = keep(
  (locale, timeZone) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone }),
  () => new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }),
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
