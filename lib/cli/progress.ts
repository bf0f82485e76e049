import { clearLine, cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { count, seconds } from './output.js';

/** Milliseconds between two looks of the bar, and between two lines where there is no terminal. */
const REFRESH = 200;
const LINE_EVERY = 5_000;
/** Milliseconds that the rate looks back, and after which a silence is told. */
const WINDOW = 10_000;
const SILENCE = 3_000;
const BAR_WIDTH = 24;

/**
 * How far a long work is, with the rate and the time left: one line that changes on a terminal, now and then a line of
 * its own elsewhere.
 *
 * @internal
 */
export class Progress {
  readonly #stream = process.stderr as Partial<WriteStream> & NodeJS.WritableStream;
  readonly #begun = performance.now();
  readonly #marks: { at: number; done: number }[] = [{ at: performance.now(), done: 0 }];
  readonly #timer: NodeJS.Timeout | undefined;
  #total: number | null = null;
  #heard = performance.now();

  constructor(shown: boolean) {
    if (!shown) return;
    const isTerminal = this.#stream.isTTY === true;
    const draw = () => (isTerminal ? this.#drawBar() : this.#stream.write(`${this.text()}\n`));
    this.#timer = setInterval(draw, isTerminal ? REFRESH : LINE_EVERY).unref();
  }

  /** @param total - `null` where nobody knows. */
  update(done: number, total: number | null): void {
    this.#total = total;
    this.#heard = performance.now();
    this.#marks.push({ at: this.#heard, done });
    while (this.#marks.length > 2 && this.#heard - this.#marks[1].at > WINDOW) this.#marks.shift();
  }

  /** Takes the bar away. */
  end(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    if (this.#stream.isTTY) this.#clear();
  }

  /** "1,200 of 4,000 (30%) · 950/s · 2.9 s left". */
  text(): string {
    const now = performance.now();
    const { done } = this.#marks.at(-1)!;
    const rate = ((done - this.#marks[0].done) * 1_000) / Math.max(now - this.#marks[0].at, 1);
    const parts = [this.#share(done), `${count(Math.round(rate))}/s`];
    if (now - this.#heard > SILENCE) parts.push(`waiting for the database for ${seconds(now - this.#heard)}`);
    else if (this.#total !== null && rate > 0) parts.push(`${timeLeft((this.#total - done) / rate)} left`);
    else parts.push(`${seconds(now - this.#begun)} so far`);
    return parts.join(' · ');
  }

  #share(done: number): string {
    if (!this.#total) return count(done);
    const percent = Math.min(100, Math.floor((done / this.#total) * 100));
    return `${count(done)} of ${count(this.#total)} (${percent}%)`;
  }

  #drawBar(): void {
    const width = Math.max((this.#stream.columns ?? 80) - 1, 10);
    const { done } = this.#marks.at(-1)!;
    const filled = this.#total ? Math.min(BAR_WIDTH, Math.floor((done / this.#total) * BAR_WIDTH)) : 0;
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} `;
    const text = this.text();
    this.#clear();
    this.#stream.write((this.#total && bar.length + text.length <= width ? bar + text : text).slice(0, width));
  }

  #clear(): void {
    clearLine(this.#stream, 0);
    cursorTo(this.#stream, 0);
  }
}

function timeLeft(value: number): string {
  const whole = Math.max(0, Math.ceil(value));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
