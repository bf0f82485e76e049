import { createServer, request as send } from 'node:http';
import { listenLocally, passOn } from './local-server.js';

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
    passOn(incoming, outgoing, answer);
  });
  return listenLocally(server);
}
