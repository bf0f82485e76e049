import { ConsoleLogger } from '@nestjs/common';

/** Who reports an error that `start()` in `main.ts` receives too, and says in one line. */
const REPORTERS: unknown[] = ['ExceptionHandler', 'NestApplication'];

/** Nest's logger, without its reports of an error at start. */
export class StartLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: ['error', 'warn', 'fatal'] });
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!REPORTERS.includes(rest.at(-1))) super.error(message, ...(rest as string[]));
  }
}
