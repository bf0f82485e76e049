import { expect } from '@jest/globals';
import { appendFileSync } from 'node:fs';

/** One line of the table that a run of the fault tests ends with. */
export interface FaultLine {
  /** `R1` to `R13`, or a name. */
  id: string;
  check: string;
  figure: string;
  bound: string;
  seed?: number;
}

/** Tells the reporter of the run (`fault-table.mjs`) what a test measured, before it is compared with the bound. */
export function report(line: FaultLine): void {
  process.stdout.write(`${line.id}: ${line.figure}\n`);
  const file = process.env['FAULTS_REPORT'];
  if (file) appendFileSync(file, `${JSON.stringify({ ...line, test: expect.getState().currentTestName })}\n`);
}

/** "sent 3, lost 0". */
export function figures(numbers: Record<string, number | string>): string {
  return Object.entries(numbers)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? value.toLocaleString('en-US') : value}`)
    .join(', ');
}
