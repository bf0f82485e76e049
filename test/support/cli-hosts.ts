import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './manifest.js';

/** What a command has printed, and the status it would exit with. */
export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
  /** Both, in the order in which they were written. */
  output: string;
}

const IDLE = Symbol.for('nestjs-byok.cli-hosts');
/** Of this worker, whatever spec has started them. */
const idle = ((globalThis as { [IDLE]?: ChildProcess[] })[IDLE] ??= []);

/** Runs a command of the built command line in a process that has loaded it before, alone for the time of the command. */
export async function runInHost(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Answer> {
  const host = takeIdle() ?? (await startHost());
  hold(host, true);
  const { isReusable, ...answer } = await ask(host, { args, environment });
  hold(host, false);
  if (isReusable) idle.push(host);
  else host.disconnect();
  return answer;
}

function takeIdle(): ChildProcess | undefined {
  const host = idle.pop();
  return host && !host.connected ? takeIdle() : host;
}

async function startHost(): Promise<ChildProcess> {
  const host = fork(join(ROOT, 'test/support/cli-host.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(host, 'message');
  return host;
}

function ask(host: ChildProcess, command: object): Promise<Answer & { isReusable: boolean }> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`The command ended its process with status ${code}.`));
    host.once('exit', onExit);
    host.once('message', (answer) => {
      host.off('exit', onExit);
      resolve(answer as Answer & { isReusable: boolean });
    });
    host.send(command);
  });
}

/** An idle host does not keep the worker from ending. */
function hold(host: ChildProcess, isHeld: boolean): void {
  for (const each of [host, host.channel]) {
    if (isHeld) each?.ref();
    else each?.unref();
  }
}
