import { Catch, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import { ByokError } from '../../errors/index.js';
import { RouteSupport } from '../route-support.js';
import { ErrorResponses } from './error-responses.js';

/** Socket.IO's `emit` sends; that of a `WebSocket`, which has a state, does not. */
interface SocketLike {
  readyState?: unknown;
  send?: (text: string) => void;
  emit?: (event: string, data: unknown) => void;
}

/**
 * Turns this library's errors into responses, in the whole application. Errors of others are left alone.
 *
 * @publicApi
 */
@Injectable()
@Catch(ByokError)
export class ByokExceptionFilter implements ExceptionFilter<ByokError> {
  /** @internal */
  constructor(private readonly support: RouteSupport) {}

  catch(error: ByokError, host: ArgumentsHost): unknown {
    const type = host.getType<string>();
    if (type === 'http') {
      const http = host.switchToHttp();
      return this.support.sendError(error, http.getRequest(), http.getResponse());
    }
    // In the form of Nest's own errors. Throwing here would end the process of a websocket, or leave a message unanswered.
    const body = { status: 'error', ...this.support.errorBody(error) };
    if (type === 'rpc') return throwError(() => body);
    if (type === 'ws') return emit(host.switchToWs().getClient<SocketLike>(), body);
    // GraphQL builds its response from what is thrown.
    throw error;
  }
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
