import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A load balancer that gives every request to the next instance, whoever it comes from. */
export interface RoundRobin {
  url: string;
  close(): Promise<void>;
}

export async function startRoundRobin(ports: readonly number[]): Promise<RoundRobin> {
  let next = 0;
  const server = createServer((incoming, answer) => {
    const { method, headers, url: path } = incoming;
    const outgoing = send({ host: '127.0.0.1', port: ports[next++ % ports.length], method, headers, path });
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
