import { createReadStream, statSync } from 'node:fs';
import { KeyImportError } from '../../errors/index.js';
import type { ImportResult, KeyToImport, ProviderConfig } from '../../interfaces/index.js';
import { ByokService } from '../../keys/index.js';
import { knownProviderIds, knownProviders } from '../../providers/index.js';
import type { GlobalOptions } from '../arguments.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { BrokenInput, type ImportLine } from '../import/line.js';
import { ndjsonLines } from '../import/ndjson.js';
import { toItem } from '../import/to-item.js';
import { prepareToSeal } from '../keyring-guard.js';
import { loadProvidersModule } from '../operator-module.js';
import { count, type Output, seconds } from '../output.js';
import { Progress } from '../progress.js';
import { withServices } from '../services.js';
import { stopOnSignal } from '../shutdown-signal.js';
import type { Target } from '../target.js';

/** @internal */
export interface ImportKeysCommandOptions extends GlobalOptions {
  format: 'ndjson' | 'csv';
  onConflict: 'skip' | 'replace';
  dryRun?: boolean;
  /** Path of a module, instead of the catalogue. */
  providersModule?: string;
}

const ADVICE = 'Correct it and start again: what is stored is skipped.';

/** Lines as items, and the number of each item's line. */
class Lines {
  /** Items whose line is not the one behind the line of the item before, with their lines. */
  readonly #marks: { index: number; line: number }[] = [];
  /** What the input ended with. */
  fault: BrokenInput | undefined;
  #index = 0;

  constructor(private readonly lines: AsyncIterable<ImportLine>) {}

  async *items(): AsyncGenerator<KeyToImport> {
    let expected = 1;
    try {
      for await (const { line, item } of this.lines) {
        if (line !== expected) this.#marks.push({ index: this.#index, line });
        expected = line + 1;
        this.#index++;
        yield toItem(item);
      }
    } catch (error) {
      if (!(error instanceof BrokenInput)) throw error;
      // What came before is imported and reported.
      this.fault = error;
    }
  }

  lineOf(index: number): number {
    const mark = this.#marks.findLast((each) => each.index <= index) ?? { index: 0, line: 1 };
    return mark.line + index - mark.index;
  }
}

/** Stores the keys of a file or of what is piped in, one of each line. Can be ended and repeated at any moment. @internal */
export async function importKeys(
  output: Output,
  path: string | undefined,
  options: ImportKeysCommandOptions,
  target: Target,
): Promise<ExitStatus> {
  const input = openInput(output, path);
  const providers =
    options.providersModule === undefined
      ? knownProviders(...knownProviderIds)
      : ((await loadProvidersModule(options.providersModule)) as Record<string, ProviderConfig>);
  const parse = options.format === 'csv' ? (await import('../import/csv.js')).csvLines : ndjsonLines;
  const lines = new Lines(parse(input));
  const stop = stopOnSignal(() => output.note('Stopping after the keys that were read.'));
  const begun = performance.now();
  try {
    return await withServices(
      target,
      async (services) => {
        await prepareToSeal(services, !options.dryRun);
        const result = await run(output, lines, services.get(ByokService), options, stop.signal);
        report(output, lines, result, options, stop.signal.aborted, performance.now() - begun);
        if (lines.fault || stop.signal.aborted) return EXIT.failed;
        return result.refused.length > 0 ? EXIT.unreadable : EXIT.done;
      },
      { providers },
    );
  } finally {
    stop.dispose();
    input.destroy();
  }
}

async function run(
  output: Output,
  lines: Lines,
  byok: ByokService,
  { onConflict, dryRun }: ImportKeysCommandOptions,
  signal: AbortSignal,
): Promise<ImportResult> {
  const progress = new Progress(!output.json);
  try {
    return await byok.importKeys(lines.items(), {
      onConflict,
      dryRun,
      signal,
      onProgress: ({ done }) => progress.update(done, null),
    });
  } catch (error) {
    if (error instanceof KeyImportError) {
      noteRefused(output, lines, error.result);
      output.note(
        `Taken before the failure: the first ${count(error.done)} lines. Start it again to go on from there.`,
      );
    }
    throw error;
  } finally {
    progress.end();
  }
}

function report(
  output: Output,
  lines: Lines,
  result: ImportResult,
  { dryRun = false }: ImportKeysCommandOptions,
  isStopped: boolean,
  durationMs: number,
): void {
  const { stored, replaced, skipped } = result;
  noteRefused(output, lines, result);
  const refused = result.refused.map(({ index, reason }) => ({ line: lines.lineOf(index), reason }));
  const total = stored + replaced + skipped + refused.length;
  const rate = Math.round((total * 1_000) / Math.max(durationMs, 1));
  const error = lines.fault && { message: lines.fault.message, advice: ADVICE };
  output.result(
    { ...(error && { error }), dryRun, stored, replaced, skipped, refused, durationMs, stopped: isStopped },
    [
      `${dryRun ? 'Read' : 'Imported'} ${count(total)} ${total === 1 ? 'line' : 'lines'} in ${seconds(durationMs)} (${count(rate)}/s)${dryRun ? '. Nothing was changed' : ''}.`,
      `${dryRun ? 'Would be stored' : 'Stored'}: ${count(stored)}. Replaced: ${count(replaced)}. Skipped, already stored: ${count(skipped)}. Not taken: ${count(refused.length)}.`,
      ...(isStopped ? ['Stopped before the end. Start it again to go on from there.'] : []),
    ],
  );
  if (error && !output.json) output.failure(error);
}

function noteRefused(output: Output, lines: Lines, { refused }: Pick<ImportResult, 'refused'>): void {
  for (const { index, reason } of refused) output.note(`Line ${lines.lineOf(index)}: not taken. ${reason}`);
}

/** @throws CliError */
function openInput(output: Output, path: string | undefined): NodeJS.ReadStream | ReturnType<typeof createReadStream> {
  if (path === undefined) {
    if (!process.stdin.isTTY) return process.stdin;
    throw new CliError('There is nothing to import.', 'Name a file, or pipe the keys in: … | npx nestjs-byok import');
  }
  try {
    const file = statSync(path);
    if (file.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (process.platform !== 'win32' && file.isFile() && file.mode & 0o007) {
      output.note('The file can be read or changed by every user of the machine. Remove it after the import.');
    }
    return createReadStream(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `The file cannot be read (${code ?? 'unknown'}).`,
      'Write the path of a file with one key a line.',
    );
  }
}
