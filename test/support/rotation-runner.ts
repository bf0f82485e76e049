import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ByokModuleOptions, RotateOptions, RotationProgress, RotationResult } from '../../lib/index.js';

const SCRIPT = fileURLToPath(new URL('./run-rotation.mjs', import.meta.url));

/** A rotation in a process of its own, with worker threads where there are cores for them. */
export interface Runner {
  /** Rejects when the process ends without one. */
  result: Promise<RotationResult>;
  ended: Promise<void>;
  /** Asks it to end after the page it is at. */
  abort(): void;
  /** kill -9. */
  kill(): void;
}

interface Message {
  progress?: RotationProgress;
  result?: RotationResult;
  error?: { name: string; message: string };
}

export function startRunner(
  options: Partial<ByokModuleOptions>,
  rotate: RotateOptions,
  onProgress: (progress: RotationProgress) => void = () => undefined,
): Runner {
  const child = fork(SCRIPT, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, BYOK_TEST_OPTIONS: JSON.stringify(options), BYOK_TEST_ROTATE: JSON.stringify(rotate) },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const result = new Promise<RotationResult>((resolve, reject) => {
    child.on('message', ({ progress, result, error }: Message) => {
      if (progress) onProgress(progress);
      if (result) resolve(result);
      if (error) reject(new Error(`${error.name}: ${error.message}`));
    });
    child.once('exit', (code, signal) => reject(new Error(`The runner ended with ${code ?? signal}.`)));
  });
  // Whoever kills it does not wait for its result.
  result.catch(() => undefined);
  return { result, ended, abort: () => void child.send('abort'), kill: () => void child.kill('SIGKILL') };
}
