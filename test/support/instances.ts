import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ByokModuleOptions } from '../../lib/index.js';

const SCRIPT = fileURLToPath(new URL('./byok-instance.mjs', import.meta.url));
const CLOCK = new URL('./shifted-clock.mjs', import.meta.url).href;

/** An instance of an application in a process of its own, made of the built library. */
export interface Instance {
  /** Calls a method of its `ByokService`. Dates in the answer are texts. */
  call<T>(method: string, ...args: unknown[]): Promise<T>;
  /** Its clock. */
  now(): Promise<number>;
  stop(): Promise<void>;
}

interface Answer {
  id?: number;
  ready?: true;
  result?: unknown;
  error?: { name: string; message: string };
}

/** @param shift Milliseconds its clock is ahead. */
export async function startInstance(
  options: Partial<ByokModuleOptions>,
  { shift = 0, zone = 'UTC' }: { shift?: number; zone?: string } = {},
): Promise<Instance> {
  const child = fork(SCRIPT, {
    execArgv: shift === 0 ? [] : ['--import', CLOCK],
    env: { ...process.env, TZ: zone, BYOK_TEST_SHIFT: String(shift), BYOK_TEST_OPTIONS: JSON.stringify(options) },
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The instance ended with ${code}.`)));
    child.on('message', (answer: Answer) => {
      if (answer.ready) resolve();
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
  return {
    call,
    now: () => call('now'),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
