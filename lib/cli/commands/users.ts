import { createInterface } from 'node:readline/promises';
import { UserRequiredError } from '../../errors/index.js';
import { ByokService } from '../../keys/index.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { count, type Output, printable, storedKeys } from '../output.js';
import { withServices } from '../services.js';
import type { GlobalOptions } from '../arguments.js';
import type { Target } from '../target.js';

/** @internal */
export interface EraseOptions extends GlobalOptions {
  /** Whether not to ask. */
  yes?: boolean;
}

/** Removes what is stored about a user. Needs no secret. @internal */
export async function eraseUser(
  output: Output,
  userId: string,
  { yes }: EraseOptions,
  target: Target,
): Promise<ExitStatus> {
  const isAsked = !yes && process.stdin.isTTY && process.stderr.isTTY;
  if (isAsked && !(await confirm(`Remove all stored keys of the user ${printable(userId)} for good? [y/N] `))) {
    throw new CliError('Nothing was removed.');
  }
  const erased = await withServices(target, (services) => ofUser(() => services.get(ByokService).eraseUser(userId)));
  output.result({ userId, ...erased }, [
    `Removed ${storedKeys(erased.keys)} and ${count(erased.auditEntries)} audit entries of the user ${printable(userId)}.`,
  ]);
  return EXIT.done;
}

/** Prints what is stored about a user, without secrets, always as JSON. @internal */
export async function exportUser(userId: string, target: Target): Promise<ExitStatus> {
  const metadata = await withServices(target, (services) =>
    ofUser(() => services.get(ByokService).exportMetadata(userId)),
  );
  process.stdout.write(`${JSON.stringify(metadata, null, 2)}\n`);
  return metadata.keys.some(({ status }) => status === 'unreadable') ? EXIT.unreadable : EXIT.done;
}

/** @throws CliError instead of an advice that is meant for visitors of a page @internal */
export async function ofUser<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserRequiredError)) throw error;
    throw new CliError('That is not a valid user id.', 'Write it as the application has it: as resolveUser gives it.');
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
