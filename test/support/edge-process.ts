import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Route } from './routes.js';

const SCRIPT = fileURLToPath(new URL('./edge-server.mjs', import.meta.url));

export interface EdgeProcess {
  url: string;
  port: number;
  /** Those of the library, as the application itself lists them. */
  routes: Route[];
  /** Whether it still runs. */
  isAlive(): boolean;
  /** Ends it in an orderly way; all that it has printed, and its exit status. */
  close(): Promise<{ stdout: string; stderr: string; status: number | null }>;
}

/** An application in a process of its own, see edge-server.mjs. */
export async function startEdgeProcess(env: Record<string, string>): Promise<EdgeProcess> {
  const child = spawn(process.execPath, [SCRIPT], { env: { ...process.env, NODE_ENV: 'test', ...env } });
  const printed = { stdout: '', stderr: '' };
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ready = new Promise<{ port: number; routes: Route[] }>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed.stdout += text;
      const told = /^listening (.*)$/m.exec(printed.stdout)?.[1];
      if (told) resolve(JSON.parse(told) as { port: number; routes: Route[] });
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (printed.stderr += text));
    void ended.then(() => reject(new Error(`The application did not start:\n${printed.stderr.slice(-4_000)}`)));
  });
  const { port, routes } = await ready;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    routes: routes.filter(({ path }) => path.startsWith('/byok')),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    close: async () => {
      child.stdin.end();
      return { status: await ended, ...printed };
    },
  };
}
