import { Catch, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import { ByokError } from '../../errors/index.js';
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
  constructor(private readonly responses: ErrorResponses) {}

  catch(error: ByokError, host: ArgumentsHost): unknown {
    const type = host.getType<string>();
    if (type === 'http') {
      const http = host.switchToHttp();
      return this.responses.send(error, http.getRequest(), http.getResponse());
    }
    // As Nest tells its own: what is thrown here ends the process of a websocket, and a message is never answered.
    const body = { status: 'error', ...this.responses.bodyOf(error) };
    if (type === 'rpc') return throwError(() => body);
    if (type === 'ws') return tell(host.switchToWs().getClient<SocketLike>(), body);
    // GraphQL makes its answer of what is thrown.
    throw error;
  }
}

function tell(client: SocketLike, data: unknown): void {
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
