import { createServer, request as send } from 'node:http';
import { listenLocally, passOn } from './local-server.js';

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
    passOn(incoming, outgoing, answer);
  });
  return listenLocally(server);
}
