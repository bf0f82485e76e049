import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ByokModuleOptions } from '../../lib/index.js';

const SERVICE = fileURLToPath(new URL('./byok-instance.mjs', import.meta.url));
const GUARDED = fileURLToPath(new URL('./guarded-app.mjs', import.meta.url));
const SESSIONS = fileURLToPath(new URL('./session-server.mjs', import.meta.url));
const CLOCK = new URL('./shifted-clock.mjs', import.meta.url).href;

/** An instance of an application in a process of its own, made of the built library. */
export interface Instance {
  /** Calls a method of its `ByokService`. Dates in the answer are texts. */
  call<T>(method: string, ...args: unknown[]): Promise<T>;
  /** Its clock. */
  now(): Promise<number>;
  stop(): Promise<void>;
  pid: number;
}

/** An instance that also answers `GET /key` with the key of the user in the header `x-user`. */
export interface GuardedInstance extends Instance {
  url: string;
}

interface Answer {
  id?: number;
  ready?: true;
  port?: number;
  result?: unknown;
  error?: { name: string; message: string };
}

interface Surroundings {
  /** Milliseconds its clock is ahead. */
  shift?: number;
  zone?: string;
  /** Whether what it says of its end is not shown: where it is expected to be refused. */
  quiet?: boolean;
}

export async function startInstance(
  options: Partial<ByokModuleOptions>,
  surroundings: Surroundings = {},
): Promise<Instance> {
  return (await start(SERVICE, options, surroundings)).instance;
}

export async function startGuardedInstance(options: Partial<ByokModuleOptions>): Promise<GuardedInstance> {
  const { instance, port } = await start(GUARDED, options, {});
  return { ...instance, url: `http://127.0.0.1:${port}/key` };
}

/** An instance of `session-server.mjs`, with sessions in Postgres. */
export async function startSessionInstance(
  options: Partial<ByokModuleOptions>,
  sessionsUrl: string,
): Promise<GuardedInstance> {
  const { instance, port } = await start(SESSIONS, { options, sessionsUrl }, {});
  return { ...instance, url: `http://127.0.0.1:${port}` };
}

async function start(
  script: string,
  options: object,
  { shift = 0, zone = 'UTC', quiet = false }: Surroundings,
): Promise<{ instance: Instance; port: number | undefined }> {
  const child = fork(script, {
    stdio: ['inherit', 'inherit', quiet ? 'ignore' : 'inherit', 'ipc'],
    execArgv: shift === 0 ? ['--expose-gc'] : ['--import', CLOCK],
    env: { ...process.env, TZ: zone, BYOK_TEST_SHIFT: String(shift), BYOK_TEST_OPTIONS: JSON.stringify(options) },
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<number | undefined>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The instance ended with ${code}.`)));
    child.on('message', (answer: Answer) => {
      if (answer.ready) resolve(answer.port);
      else waiting.get(answer.id!)?.(answer);
    });
  });
  let last = 0;
  const call = <T>(method: string, ...args: unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${error.name}: ${error.message}`));
        else resolve(result as T);
      });
      child.send({ id, method, args });
    });
  const instance: Instance = {
    call,
    pid: child.pid!,
    now: () => call('now'),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
  return { instance, port };
}
