export function importUnderKills(options: { url: string; rows: number; kills: number }): Promise<{
  /** Rows at each kill. */
  killedAt: number[];
  /** Of the last run. */
  result: { stored: number; replaced: number; skipped: number; refused: unknown[] };
  seconds: number;
  keysASecond: number;
  /** Seconds of the last run. */
  lastRun: number;
  /** Rows with the key and the date of the old table. */
  same: number;
  /** Rows that open. */
  opened: number;
}>;
