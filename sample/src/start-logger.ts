import { ConsoleLogger } from '@nestjs/common';

/** Contexts that report an error that `main.ts` prints too, in one line. */
const REPORTERS: unknown[] = ['ExceptionHandler', 'NestApplication'];

/** Nest's logger, without its reports of errors at the start. */
export class StartLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: ['error', 'warn', 'fatal'] });
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!REPORTERS.includes(rest.at(-1))) super.error(message, ...(rest as string[]));
  }
}
