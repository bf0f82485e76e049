import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CheckFetch } from '../../lib/interfaces/index.js';
import type { Case } from './answers/case.js';

/** A request as it arrived. */
export interface Arrived {
  method: string;
  /** The path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Answers = readonly Pick<Case, 'status' | 'headers' | 'body'>[];

/** A server that answers as it is told, each answer once and the last one for ever. */
export class StandIn {
  private readonly server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      this.arrived.push({ method: request.method!, path: request.url!, headers: request.headers, body });
      const next = this.answers.length > 1 ? this.answers.shift()! : this.answers[0];
      response.writeHead(next.status, next.headers).end(next.body);
    });
  });
  private answers: Pick<Case, 'status' | 'headers' | 'body'>[] = [];
  readonly arrived: Arrived[] = [];
  /** Addresses that were asked for. */
  readonly asked: string[] = [];
  url = '';

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  willAnswer(...answers: Answers): void {
    this.answers = [...answers];
    this.arrived.length = 0;
    this.asked.length = 0;
  }

  /** Sends what is for any host here, and notes which host it was for. */
  readonly fetch: CheckFetch = (url, request) => {
    this.asked.push(String(url));
    const { pathname, search } = new URL(url);
    return fetch(this.url + pathname + search, { ...request, redirect: 'manual' });
  };

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}
