import type { KeyToImport } from '../../interfaces/index.js';
import { UnreadableItem } from '../../keys/index.js';

/** What a line may have. @internal */
export const ITEM_NAMES = ['userId', 'provider', 'label', 'apiKey', 'fields', 'createdAt', 'expiresAt'];

/** With a zone, as JSON, Postgres and most others write it. */
const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)$/;

/** What a line says, as `importKeys` takes it; the values are checked there. @internal */
export function toItem(item: Record<string, unknown> | UnreadableItem): KeyToImport {
  return (item instanceof UnreadableItem ? item : checkedItem(item)) as KeyToImport;
}

function checkedItem(item: Record<string, unknown>): object {
  if (Object.keys(item).some((name) => !ITEM_NAMES.includes(name))) {
    return new UnreadableItem(`The line has a name that is not one of these: ${ITEM_NAMES.join(', ')}.`);
  }
  const dates = { createdAt: dateOf(item['createdAt']), expiresAt: dateOf(item['expiresAt']) };
  const wrong = Object.entries(dates).find(([, date]) => date === false);
  if (wrong) return new UnreadableItem(`${wrong[0]} must be a date with a time and a zone: 2030-01-31T12:00:00Z.`);
  return { ...item, ...dates };
}

/** `false` for what is not a date. */
function dateOf(value: unknown): Date | null | undefined | false {
  if (value === undefined || value === null) return value;
  const [, day, time, zone] = (typeof value === 'string' && MOMENT.exec(value)) || [];
  if (day === undefined) return false;
  const date = new Date(
    `${day}T${time}${zone.length === 3 ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`,
  );
  // 2030-02-31 is another day to Date.
  const isReal = !Number.isNaN(date.getTime()) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
  return isReal && date;
}
