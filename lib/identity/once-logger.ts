import { Logger } from '@nestjs/common';

/** Different lines that are logged; past that, an application logs no more of them. */
const MAX_LINES = 20;

/**
 * Logs what an operator must know once, not for each request that shows it.
 *
 * @internal
 */
export class OnceLogger {
  readonly #target: Logger;
  readonly #logged = new Set<string>();

  constructor(context: string) {
    this.#target = new Logger(context);
  }

  error(line: string): void {
    if (this.#isNew(line)) this.#target.error(line);
  }

  warn(line: string): void {
    if (this.#isNew(line)) this.#target.warn(line);
  }

  #isNew(line: string): boolean {
    if (this.#logged.has(line) || this.#logged.size >= MAX_LINES) return false;
    this.#logged.add(line);
    return true;
  }
}
