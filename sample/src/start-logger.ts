import { ConsoleLogger } from '@nestjs/common';

/** Nest's logger, without its report of an error at start: `main.ts` says that in one line. */
export class StartLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: ['error', 'warn', 'fatal'] });
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== 'ExceptionHandler') super.error(message, ...(rest as string[]));
  }
}
