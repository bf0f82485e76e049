import { spawn } from 'node:child_process';
import { findProgram, freePort, untilListening } from './local-server.js';

export interface TestRedis {
  url: string;
  /** Ends the server at once. */
  kill(): Promise<void>;
}

/** Where redis-server is, where it is. */
export function findRedis(): string | undefined {
  return findProgram('redis-server');
}

/** A server with nothing in it, which keeps nothing. */
export async function startRedis(path: string): Promise<TestRedis> {
  const port = await freePort();
  const child = spawn(path, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await untilListening('redis-server', child, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
