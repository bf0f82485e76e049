import { ConsoleLogger, type LoggerService, type LogLevel } from '@nestjs/common';
import { redactValue } from './redact-value.js';

/**
 * A Nest logger that takes secrets out of what it is given, messages, objects, errors and their causes alike, and hands
 * the rest to another logger. See `redact` for what is a secret.
 *
 * @example
 * ```ts
 * const app = await NestFactory.create(AppModule, { logger: new RedactingLogger() });
 * app.useLogger(new RedactingLogger(app.get(PinoLogger)));
 * ```
 *
 * @publicApi
 */
export class RedactingLogger implements LoggerService {
  /** @param logger - What writes. Default: Nest's `ConsoleLogger`. */
  constructor(private readonly logger: LoggerService = new ConsoleLogger()) {}

  log(message: unknown, ...params: unknown[]): void {
    this.logger.log(redactValue(message), ...params.map(redactValue));
  }

  error(message: unknown, ...params: unknown[]): void {
    this.logger.error(redactValue(message), ...params.map(redactValue));
  }

  warn(message: unknown, ...params: unknown[]): void {
    this.logger.warn(redactValue(message), ...params.map(redactValue));
  }

  debug(message: unknown, ...params: unknown[]): void {
    this.logger.debug?.(redactValue(message), ...params.map(redactValue));
  }

  verbose(message: unknown, ...params: unknown[]): void {
    this.logger.verbose?.(redactValue(message), ...params.map(redactValue));
  }

  fatal(message: unknown, ...params: unknown[]): void {
    if (this.logger.fatal) this.logger.fatal(redactValue(message), ...params.map(redactValue));
    else this.error(message, ...params);
  }

  setLogLevels(levels: LogLevel[]): void {
    this.logger.setLogLevels?.(levels);
  }
}
