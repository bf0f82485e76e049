import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a program is, where it is: in PATH, or in one of the folders. */
export function findProgram(name: string, ...folders: string[]): string | undefined {
  return [...(process.env['PATH'] ?? '').split(':'), ...folders]
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when a program takes connections. @throws where it ends, or does not within a minute */
export async function untilListening(name: string, child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (tries > 2_400 || child.exitCode !== null) throw new Error(`${name} did not start.`);
    await sleep(25);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Passes a request on, and its answer back. */
export function passOn(incoming: IncomingMessage, outgoing: ClientRequest, answer: ServerResponse): void {
  outgoing.on('response', (response) => {
    answer.writeHead(response.statusCode!, response.headers);
    response.pipe(answer);
  });
  outgoing.on('error', () => answer.writeHead(502).end());
  incoming.pipe(outgoing);
}

/** Has a server listen on this machine alone. */
export async function listenLocally(server: Server): Promise<{ url: string; close(): Promise<void> }> {
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
