import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, answerOf, type Mode, type Tested } from './answers.js';

export interface StandIn {
  url: string;
  mode: Mode;
  /** The keys that it was called with. */
  keys: string[];
  close(): Promise<void>;
}

/** A provider on this machine, which refuses every call in its own form, or a service that answers with `always`. */
export async function startStandIn(provider: Tested, always?: Answer): Promise<StandIn> {
  const server = createServer((request, response) => {
    const { authorization, 'x-api-key': anthropic, 'x-goog-api-key': google } = request.headers;
    const key = String(anthropic ?? google ?? authorization?.replace(/^Bearer /i, ''));
    standIn.keys.push(key);
    request.resume().on('end', () => {
      const { status, headers, body } = always ?? answerOf(provider, standIn.mode, key)!;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const standIn: StandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: 'refused',
    keys: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standIn;
}
