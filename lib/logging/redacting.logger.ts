import { ConsoleLogger, type LoggerService, type LogLevel } from '@nestjs/common';
import { redactValue } from './redact-value.js';

/**
 * A Nest logger that redacts messages, objects, errors and their causes, and passes them to another logger. `redact`
 * describes what counts as a secret.
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
  /** @param logger - Writes the redacted messages. Default: Nest's `ConsoleLogger`. */
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
