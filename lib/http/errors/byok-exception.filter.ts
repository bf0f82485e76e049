import { Catch, Injectable, Logger, Optional, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import { ByokError } from '../../errors/index.js';
import { RouteSupport } from '../route-support.js';
import { type ByokErrorBody, describeError, ErrorResponses } from './error-responses.js';

/** Socket.IO's `emit` sends; that of a `WebSocket`, which has a state, does not. */
interface SocketLike {
  readyState?: unknown;
  send?: (text: string) => void;
  emit?: (event: string, data: unknown) => void;
}

/** What a response of Express and a reply of Fastify have in common. */
interface SendingResponse {
  status(code: number): { send(body: object): unknown };
}

/**
 * Turns this library's errors into responses, in the whole application. Errors of others are left alone.
 *
 * @publicApi
 */
@Injectable()
@Catch(ByokError)
export class ByokExceptionFilter implements ExceptionFilter<ByokError> {
  readonly #logger = new Logger('ByokModule');

  // Optional, so that a unit test of a controller compiles without the module.
  /** @internal */
  constructor(@Optional() private readonly support?: RouteSupport) {}

  catch(error: ByokError, host: ArgumentsHost): unknown {
    const type = host.getType<string>();
    if (type === 'http') {
      const http = host.switchToHttp();
      if (!this.support) {
        const body = describeError(error, this.#logger);
        return http.getResponse<SendingResponse>().status(body.statusCode).send(body);
      }
      return this.support.sendError(error, http.getRequest(), http.getResponse());
    }
    const body = this.support?.errorBody(error) ?? describeError(error, this.#logger);
    // What a mistake of the application says is for its log.
    const shown = body.statusCode === 500 ? { ...body, message: 'Something went wrong.' } : body;
    if (type === 'graphql') throw withExtensions(error, shown);
    return answerOutsideHttp(host, { status: 'error', ...shown }, error);
  }
}

/**
 * Answers an error outside of HTTP, in the form of Nest's own errors.
 *
 * @param body - For a message, or a websocket.
 * @internal
 */
export function answerOutsideHttp(host: ArgumentsHost, body: object, error: unknown): unknown {
  const type = host.getType<string>();
  // Throwing here would end the process of a websocket, or leave a message unanswered.
  if (type === 'rpc') return throwError(() => body);
  if (type === 'ws') return emit(host.switchToWs().getClient<SocketLike>(), body);
  // GraphQL builds its response from what is thrown.
  throw error;
}

/** Servers of GraphQL send the message of what is thrown, its `extensions`, and some of them its stack. */
function withExtensions(error: ByokError, { message, ...extensions }: ByokErrorBody): ByokError {
  const thrown = error.message === message ? error : new ByokError(error.code, message);
  if (thrown !== error) thrown.stack = message;
  return Object.defineProperty(thrown, 'extensions', { value: extensions, configurable: true });
}

function emit(client: SocketLike, data: unknown): void {
  if (typeof client.readyState === 'number') client.send?.(JSON.stringify({ event: 'exception', data }));
  else client.emit?.('exception', data);
}

/** Gives every error of the pages this library's form, those of Nest included. @internal */
@Injectable()
@Catch()
export class PageExceptionFilter implements ExceptionFilter {
  /** Whether a browser gets a page. */
  protected readonly html: boolean = true;

  constructor(private readonly responses: ErrorResponses) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    await this.responses.send(error, http.getRequest(), http.getResponse(), this.html);
  }
}

/** The same for the JSON API. @internal */
@Injectable()
@Catch()
export class JsonExceptionFilter extends PageExceptionFilter {
  protected override readonly html = false;
}
