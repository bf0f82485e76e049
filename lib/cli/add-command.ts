import type { Command } from 'commander';
import type { GlobalOptions } from './arguments.js';
import type { ExitStatus } from './exit-status.js';
import type { Output } from './output.js';
import type { Target } from './target.js';

/** What a command does. @internal */
export type Action<O> = (output: Output, options: O, args: string[]) => Promise<ExitStatus>;

/** Adds a command; what it takes beside the global options is added to what this gives. @internal */
export type Add = <O extends GlobalOptions = GlobalOptions>(
  name: string,
  description: string,
  example: string,
  action: Action<O>,
) => Command;

/** What is large is loaded when a command is run and what it was given is right. @internal */
export async function resolveTarget(options: GlobalOptions, needsSecrets: boolean): Promise<Target> {
  return (await import('./target.js')).resolveTarget(options, needsSecrets);
}
