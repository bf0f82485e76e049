/**
 * SQL that selects a timestamp as milliseconds since the epoch, in text: `extra_float_digits` rounds what a float prints,
 * and the application can change how `pg` parses timestamps and numbers, for the whole process.
 */
export function epochMs(column: string, as: string): string {
  return `${epochMsOf(column)} AS ${as}`;
}

/** The same without a name. */
export function epochMsOf(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000)::text`;
}

/** @param ms - Milliseconds since the epoch, as {@link epochMs} selects them. */
export function toDate(ms: string): Date {
  return new Date(Math.round(Number(ms)));
}

export function toDateOrNull(ms: string | null): Date | null {
  return ms === null ? null : toDate(ms);
}
