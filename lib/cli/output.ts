import type { KeyOwner } from '../interfaces/index.js';
import { USER_SOURCE } from '../validation/index.js';
import type { Failure } from './failure.js';

/** Where a command writes: people read text, machines one JSON document. @internal */
export class Output {
  constructor(
    /** Whether a machine reads it. */
    readonly json: boolean,
  ) {}

  /** A result: as it is for a machine, or the lines for people. */
  result(value: unknown, lines: readonly string[]): void {
    process.stdout.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
  }

  /** What is under way; machines need not know. */
  note(line: string): void {
    if (!this.json) process.stderr.write(`${line}\n`);
  }

  failure({ message, advice }: Failure): void {
    if (this.json) process.stdout.write(`${JSON.stringify({ error: { message, advice } }, null, 2)}\n`);
    else process.stderr.write(`nestjs-byok: ${message}\n${advice ? `${advice}\n` : ''}`);
  }
}

/** Lines of a table; numbers stand right. @internal */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : printable(cell))));
  const widths = head.map((title, i) => Math.max(title.length, ...texts.map((row) => row[i].length)));
  const isNumber = (i: number) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number');
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(head), ...texts.map(line)].map((text) => `  ${text}`);
}

/** Text of others for a terminal, which would obey control characters. @internal */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** "the user 4711". @internal */
export function nameOf({ kind, id }: KeyOwner): string {
  return `the ${printable(kind)} ${printable(id)}`;
}

/** An owner, for machines. @internal */
export function jsonOf(owner: KeyOwner): { userId: string } | { owner: KeyOwner } {
  return owner.kind === USER_SOURCE ? { userId: owner.id } : { owner };
}

/** 1,234,567. @internal */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** "1 stored key", "2 stored keys". @internal */
export function storedKeys(value: number): string {
  return `${count(value)} stored ${value === 1 ? 'key' : 'keys'}`;
}

/** @internal */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
