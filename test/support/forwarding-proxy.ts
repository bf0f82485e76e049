import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a proxy does with the `X-Forwarded-Proto` of a client. */
export type ForwardedProto = 'overwrites' | 'appends' | 'removes' | 'passes on';

export interface ForwardingProxy {
  url: string;
  close(): Promise<void>;
}

/** A proxy in front of an application, that says of each request that it came by `proto`. */
export async function startProxy(target: string, does: ForwardedProto, proto = 'https'): Promise<ForwardingProxy> {
  const server = createServer((incoming, answer) => {
    const { 'x-forwarded-proto': claimed, ...headers } = incoming.headers;
    const said = {
      overwrites: proto,
      appends: [claimed, proto].filter(Boolean).join(', '),
      removes: undefined,
      'passes on': claimed,
    }[does];
    const outgoing = send(target + incoming.url, {
      method: incoming.method,
      headers: {
        ...headers,
        ...(said !== undefined && { 'x-forwarded-proto': said }),
        'x-forwarded-for': '203.0.113.9',
      },
    });
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
