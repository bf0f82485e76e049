import { Catch, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ByokError } from '../errors/index.js';
import { ErrorAnswers } from './error-answers.js';

/**
 * Turns this library's errors into answers, in the whole application. Errors of others are left alone.
 *
 * @publicApi
 */
@Injectable()
@Catch(ByokError)
export class ByokExceptionFilter implements ExceptionFilter<ByokError> {
  constructor(private readonly answers: ErrorAnswers) {}

  async catch(error: ByokError, host: ArgumentsHost): Promise<void> {
    // GraphQL, RPC and WebSockets have their own forms of errors.
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    await this.answers.send(error, http.getRequest(), http.getResponse());
  }
}

/** Gives every error of the JSON routes our form, those of Nest's included. @internal */
@Injectable()
@Catch()
export class JsonExceptionFilter implements ExceptionFilter {
  constructor(private readonly answers: ErrorAnswers) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    await this.answers.send(error, http.getRequest(), http.getResponse(), false);
  }
}

/** The same for the pages: a browser gets a page. @internal */
@Injectable()
@Catch()
export class PageExceptionFilter implements ExceptionFilter {
  constructor(private readonly answers: ErrorAnswers) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    await this.answers.send(error, http.getRequest(), http.getResponse());
  }
}
