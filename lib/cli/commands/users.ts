import { createInterface } from 'node:readline/promises';
import { InvalidInputError, UserRequiredError } from '../../errors/index.js';
import { ByokService } from '../../keys/index.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { count, jsonOf, nameOf, type Output, storedKeys } from '../output.js';
import { withServices } from '../services.js';
import type { GlobalOptions } from '../arguments.js';
import type { Target } from '../target.js';

/** @internal */
export interface EraseOptions extends GlobalOptions {
  /** Whether not to ask. */
  yes?: boolean;
  kind: string;
}

/** @internal */
export interface ExportOptions extends GlobalOptions {
  kind: string;
}

/** Removes what is stored about a user, or an owner of another kind. Needs no secret. @internal */
export async function eraseUser(
  output: Output,
  id: string,
  { yes, kind }: EraseOptions,
  target: Target,
): Promise<ExitStatus> {
  const owner = { kind, id };
  const isAsked = !yes && process.stdin.isTTY && process.stderr.isTTY;
  if (isAsked && !(await confirm(`Remove all stored keys of ${nameOf(owner)} permanently? [y/N] `))) {
    throw new CliError('Nothing was removed.');
  }
  const erased = await withServices(target, (services) => ofOwner(() => services.get(ByokService).eraseOwner(owner)));
  output.result({ ...jsonOf(owner), ...erased }, [
    `Removed ${storedKeys(erased.keys)} and ${count(erased.auditEntries)} audit entries of ${nameOf(owner)}.`,
  ]);
  return EXIT.done;
}

/** Prints what is stored about a user, without secrets, always as JSON. @internal */
export async function exportUser(id: string, { kind }: ExportOptions, target: Target): Promise<ExitStatus> {
  const metadata = await withServices(target, (services) =>
    ofOwner(() => services.get(ByokService).exportOwner({ kind, id })),
  );
  const { owner, ...rest } = metadata;
  process.stdout.write(`${JSON.stringify({ ...jsonOf(owner), ...rest }, null, 2)}\n`);
  return metadata.keys.some(({ status }) => status === 'unreadable') ? EXIT.unreadable : EXIT.done;
}

/** @throws CliError instead of an advice that is meant for visitors of a page @internal */
export async function ofOwner<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserRequiredError) {
      throw new CliError(
        'That is not a valid user id.',
        'Write it as the application has it: as resolveUser gives it.',
      );
    }
    if (error instanceof InvalidInputError) {
      throw new CliError(error.message, 'Write the kind and the id as the option sharedOwners has them.');
    }
    throw error;
  }
}

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } catch {
    // Ctrl-C or Ctrl-D.
    return false;
  } finally {
    terminal.close();
  }
}
