/**
 * SQL that selects a timestamp as milliseconds since the epoch. The application can change how `pg` parses timestamps, for
 * the whole process, and parsing them is slow.
 */
export function epochMs(column: string, as: string): string {
  return `date_part('epoch', ${column}) * 1000 AS ${as}`;
}

/** @param ms - Nearly a whole number: seconds are fractions in Postgres. */
export function toDate(ms: number): Date {
  return new Date(Math.round(ms));
}

export function toDateOrNull(ms: number | null): Date | null {
  return ms === null ? null : toDate(ms);
}
