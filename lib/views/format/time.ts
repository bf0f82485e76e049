import { hasTexts, type ReaderProps, translator } from '../translate.js';
import { dateFormat, momentFormat, presentTime, relativeTime } from './intl.js';

/** A moment: a `Date`, ISO 8601 text as in the JSON API, or milliseconds since the epoch. @publicApi */
export type Moment = Date | string | number;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

const UNITS: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [YEAR, 'year'],
  [MONTH, 'month'],
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
];

/**
 * How long ago something happened, in whole units: `just now`, `3 days ago`, `vor 3 Tagen`. A moment in the future, because
 * another clock is ahead, is `just now`.
 *
 * @example
 * ```tsx
 * formatKeyAge(key.createdAt, { locale: 'de' }); // 'vor 3 Tagen'
 * ```
 *
 * @publicApi
 */
export function formatKeyAge(createdAt: Moment, reader: ReaderProps = {}): string {
  const { locale = 'en', now = new Date() } = reader;
  const age = now.getTime() - timeOf(createdAt);
  if (Number.isNaN(age)) return translator(reader)('unknown');
  const [length, unit] = unitOf(age) ?? [];
  if (!length || !unit)
    return hasTexts(reader, 'justNow') ? translator(reader)('justNow') : presentTime(locale).format(0, 'second');
  return relativeTime(locale).format(-Math.floor(age / length), unit);
}

/**
 * When a key expires: `Never expires`, `Expired`, `Expires in 3 days`, and from 30 days on with the
 * date in the reader's time zone.
 *
 * @example
 * ```tsx
 * formatExpiration(key.expiresAt, { locale: 'de', timeZone: 'Europe/Berlin' });
 * // 'Läuft in 2 Monaten ab (31. Januar 2030)'
 * ```
 *
 * @publicApi
 */
export function formatExpiration(expiresAt: Moment | null | undefined, reader: ReaderProps = {}): string {
  const t = translator(reader);
  if (expiresAt === null || expiresAt === undefined) return t('expiresNever');
  const left = timeLeft(expiresAt, reader);
  if (left === undefined) return t('unknown');
  if (left === null) return t('expired');
  return left.date === undefined ? t('expiresIn', left) : t('expiresInOn', { when: left.when, date: left.date });
}

/**
 * How long until a moment, from 30 days on with its date; `null` for one that has passed, `undefined` for an invalid one.
 *
 * @internal
 */
export function timeLeft(moment: Moment, reader: ReaderProps): { when: string; date?: string } | null | undefined {
  const { locale = 'en', timeZone = 'UTC', now = new Date() } = reader;
  const time = timeOf(moment);
  if (Number.isNaN(time)) return undefined;
  // Rounded up to a second, so that "in 3 days" is still true when the page arrives.
  const left = Math.ceil((time - now.getTime()) / SECOND) * SECOND;
  if (left <= 0) return null;
  const [length, unit] = unitOf(left) ?? ([SECOND, 'second'] as const);
  const when = relativeTime(locale).format(Math.floor(left / length), unit);
  return left < MONTH ? { when } : { when, date: dateFormat(locale, timeZone).format(time) };
}

/** A moment in full, in the reader's language and time zone; `undefined` for an invalid one. @internal */
export function formatMoment(moment: Moment, { locale = 'en', timeZone }: ReaderProps): string | undefined {
  const time = timeOf(moment);
  if (Number.isNaN(time)) return undefined;
  const text = momentFormat(locale, timeZone).format(time);
  // Without the name, readers would take it for their own time.
  return timeZone === undefined ? `${text} UTC` : text;
}

/** A moment for a machine, to the second: `2030-01-31T12:00:00Z`; `undefined` for an invalid one. @internal */
export function machineTime(moment: Moment): string | undefined {
  const time = timeOf(moment);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Milliseconds since the epoch, NaN for an invalid moment. @internal */
export function timeOf(moment: Moment): number {
  // `Date` finds a day in almost any text that has a digit in it.
  if (typeof moment === 'string' && !/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(moment)) return Number.NaN;
  return moment instanceof Date ? moment.getTime() : new Date(moment).getTime();
}

function unitOf(duration: number): (typeof UNITS)[number] | undefined {
  return UNITS.find(([length]) => duration >= length);
}
