/**
 * Moments travel as milliseconds since the epoch: what `pg` makes of a timestamp is the application's to say, for the whole
 * process, and to parse one is dear.
 */
export function milliseconds(column: string, as: string): string {
  return `date_part('epoch', ${column}) * 1000 AS ${as}`;
}

/** @param ms - Nearly a whole number: seconds are fractions in Postgres. */
export function toDate(ms: number): Date {
  return new Date(Math.round(ms));
}

export function toDateOrNull(ms: number | null): Date | null {
  return ms === null ? null : toDate(ms);
}
