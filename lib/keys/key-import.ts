import { Inject, Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AuditLog, KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokError, ConfigurationError, InvalidInputError, KeyImportError } from '../errors/index.js';
import { CallerResolver } from '../identity/index.js';
import type { ImportKeysOptions, ImportResult, KeyHolder, ResolvedByokOptions } from '../interfaces/index.js';
import { SavedUrlCheck } from '../ssrf/index.js';
import { type ImportedKey, KeyStorage } from '../storage/index.js';
import { checkCreatedAt, isRefusal, readItem, reasonOf } from './import-item.js';
import { ImportSource } from './import-source.js';
import { KeySealer } from './key-sealer.js';
import { checkNewKey, checkUrls } from './new-key.js';

/** Keys of one statement, and bytes of their ciphertexts. */
const BATCH = 1_000;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Items after which others of the process have their turn. */
const TURN = 50;

const MOST_REASONS = 1_000;

/** Keys that travel together. */
interface Batch {
  keys: ImportedKey[];
  indexes: number[];
  slots: Set<string>;
  bytes: number;
}

/** An import that is under way. */
interface Run {
  replace: boolean;
  dryRun: boolean;
  result: ImportResult;
  /** Items that were dealt with. */
  done: number;
  onProgress: ImportKeysOptions['onProgress'];
  /** Each once: there are few, of many items. */
  reasons: Map<string, string>;
}

/**
 * Stores many users' keys, see `ByokService.importKeys`. While a batch is written, the next one is read and sealed: there are
 * never more than two.
 *
 * @internal
 */
@Injectable()
export class KeyImport {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly sealer: KeySealer,
    private readonly urls: SavedUrlCheck,
    private readonly events: KeyEvents,
    private readonly audit: AuditLog,
  ) {}

  /** @throws KeyImportError, or what the source fails with */
  async import(given: unknown, options: ImportKeysOptions): Promise<ImportResult> {
    const run = this.#begin(options);
    const source = new ImportSource(given, options.signal);
    let batch = emptyBatch();
    let writing: Promise<void> = Promise.resolve();
    let failure: unknown;
    let index = 0;
    // Of two batches, the earlier one is written first: a key may be in both.
    const flush = async () => {
      const full = batch;
      batch = emptyBatch();
      const end = index;
      await writing;
      writing = this.#write(full, end, run);
      writing.catch((error: unknown) => (failure = error));
    };
    try {
      for (;;) {
        const step = await this.#next(source, async () => {
          await flush();
          await writing;
        });
        if (step.done) break;
        const key = await this.#prepare(step.value, index, run);
        if (key && batch.slots.has(slotOf(key))) await flush();
        if (key) add(batch, key, index);
        index++;
        if (batch.keys.length >= BATCH || batch.bytes >= BATCH_BYTES) await flush();
        if (index % TURN === 0) await nextTurn();
        if (failure !== undefined) break;
      }
      await flush();
      await writing;
      run.result.refused.sort((a, b) => a.index - b.index);
      return run.result;
    } finally {
      source.end();
      await writing.catch(() => {});
    }
  }

  #begin({ onConflict = 'skip', dryRun = false, onProgress }: ImportKeysOptions): Run {
    if (onConflict !== 'skip' && onConflict !== 'replace') {
      throw new InvalidInputError("onConflict must be 'skip' or 'replace'.");
    }
    if (!this.storage.importKeys) {
      throw new ConfigurationError('importKeys needs keys in a database: set the option db.');
    }
    const result: ImportResult = { stored: 0, replaced: 0, skipped: 0, refused: [] };
    return { replace: onConflict === 'replace', dryRun, result, done: 0, onProgress, reasons: new Map() };
  }

  /** If the source fails, what it gave before is stored. */
  async #next(source: ImportSource, finish: () => Promise<void>): Promise<IteratorResult<unknown>> {
    try {
      return await source.next();
    } catch (error) {
      await finish();
      throw error;
    }
  }

  /** The key as it is written; `undefined` if it is refused. */
  async #prepare(item: unknown, index: number, run: Run): Promise<ImportedKey | undefined> {
    try {
      const { userId, createdAt, ...given } = readItem(item);
      const scope = await this.callers.scopeOf({ userId } as KeyHolder);
      const key = checkNewKey(given as Parameters<typeof checkNewKey>[0], this.options);
      const created = checkCreatedAt(createdAt);
      await checkUrls(key, this.options, this.urls);
      const record = this.sealer.seal(scope, key.slot, key.apiKey, key.fields, key.expiresAt);
      return { scope, record, createdAt: created };
    } catch (error) {
      if (isRefusal(error)) {
        refuse(run, index, reasonOf(error, item, this.options.providers));
        return undefined;
      }
      throw ended(run, error);
    }
  }

  /** @param end - Index behind the last item that was read for it. */
  async #write({ keys, indexes }: Batch, end: number, run: Run): Promise<void> {
    const { replace, dryRun, result } = run;
    const { maxKeysPerUser: limit } = this.options;
    try {
      const outcomes = keys.length > 0 ? await this.storage.importKeys!(keys, { replace, dryRun, limit }) : [];
      outcomes.forEach((outcome, i) => {
        if (outcome === 'limit') {
          refuse(run, indexes[i], `The user has as many keys as maxKeysPerUser allows (${limit}).`);
          return;
        }
        result[outcome]++;
        if (outcome !== 'skipped' && !dryRun) this.#emit(outcome, keys[i]);
      });
    } catch (error) {
      throw ended(run, error);
    }
    run.done = end;
    const { stored, replaced, skipped, refused } = result;
    run.onProgress?.({ done: end, stored, replaced, skipped, refused: refused.length });
    await this.audit.keepUp();
  }

  #emit(type: 'stored' | 'replaced', { scope: { owner, source }, record }: ImportedKey): void {
    if (!this.events.isHeard) return;
    const { provider, label, keyId } = record;
    this.events.emit({ type, owner, source, provider, label, keyId: keyId.toString('hex') });
  }
}

function refuse({ result, reasons }: Run, index: number, reason: string): void {
  const known = reasons.get(reason) ?? reason;
  if (reasons.size < MOST_REASONS) reasons.set(reason, known);
  result.refused.push({ index, reason: known });
}

/** What it ends with, without what was read ahead. */
function ended({ done, result }: Run, error: unknown): unknown {
  if (!(error instanceof ByokError)) return error;
  const refused = result.refused.filter(({ index }) => index < done).sort((a, b) => a.index - b.index);
  return new KeyImportError(done, { ...result, refused }, error);
}

function emptyBatch(): Batch {
  return { keys: [], indexes: [], slots: new Set(), bytes: 0 };
}

function add(batch: Batch, key: ImportedKey, index: number): void {
  batch.keys.push(key);
  batch.indexes.push(index);
  batch.slots.add(slotOf(key));
  batch.bytes += key.record.ciphertext.length;
}

function slotOf({ scope: { owner }, record: { provider, label } }: ImportedKey): string {
  return [owner.kind, owner.id, provider, label].join('\n');
}
