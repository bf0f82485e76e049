import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { EncryptionService } from '../crypto/index.js';
import { ByokDatabase, FOREIGN_KEY_VIOLATION } from '../database/index.js';
import { ConfigurationError, InvalidInputError, RetirementError, StorageError } from '../errors/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { KeyringTable, WrappedRootKeys } from '../keyring/index.js';
import { createPageProcessor, type PageProcessor } from './page-processor.js';
import type { PageRow } from './reseal-page.js';
import { withRetries } from './retries.js';
import { RotationQueries } from './rotation-queries.js';
import { RotationRun } from './rotation-run.js';
import { readStatus } from './rotation-status.js';
import type {
  RotateOptions,
  RotationResult,
  RotationStatus,
  RotationStatusOptions,
  RotationVerification,
  VerifyOptions,
} from './rotation.interface.js';
import { Unreadable, walkTable } from './table-walk.js';
import { tracedRotation } from './traced-rotation.js';

/** Milliseconds. */
const MONTH = 30 * 86_400_000;
const DEFAULT_BATCH = 1_000;
const MAX_BATCH = 10_000;
const DEFAULT_CONCURRENCY = 4;
const MAX_CONCURRENCY = 16;

/**
 * Moves the database's rows to the first secret, while the application runs. The order of things: the new secret behind
 * the old one on every instance; to the front on every instance; `rotate`; `verify`; `retire` the old key; take the old
 * secret away.
 *
 * A rotation can be killed at any moment and started again, needs no checkpoint, and two at once do no harm. Keys in
 * sessions are moved when they are read.
 *
 * @example
 * ```ts
 * const { rotated, unreadable } = await rotation.rotate({ signal, onProgress: ({ rotated }) => console.log(rotated) });
 * ```
 *
 * @publicApi
 */
@Injectable()
export class RotationService implements BeforeApplicationShutdown {
  readonly #queries: RotationQueries;
  readonly #ending = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  /** @internal */
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly encryption: EncryptionService,
    private readonly registry: KeyringTable,
    private readonly events: KeyEvents,
    private readonly roots: WrappedRootKeys,
    database: ByokDatabase,
  ) {
    this.#queries = new RotationQueries(database, options.tableName);
  }

  /**
   * Re-encrypts every row that is not on the first secret, with new fingerprints; when a key was stored, changed or last
   * used stays as it was. Rows that no given secret opens are reported and stay as they are. Outages of up to two
   * minutes are waited for.
   *
   * @throws StorageError if the database is away for longer, or refuses; what is done is done
   * @throws InvalidInputError for an option out of its range
   */
  async rotate(options: RotateOptions = {}): Promise<RotationResult> {
    return tracedRotation(options, (traced) => this.#rotate(traced));
  }

  async #rotate(options: RotateOptions): Promise<RotationResult> {
    const { signal, onProgress, dryRun = false } = options;
    const batchSize = within('batchSize', options.batchSize ?? DEFAULT_BATCH, MAX_BATCH);
    const concurrency = within('concurrency', options.concurrency ?? DEFAULT_CONCURRENCY, MAX_CONCURRENCY);
    return this.#work(signal, (processor, signal) => {
      const current = this.encryption.keyId;
      const onRotated = this.options.onEvent && ((row: PageRow) => this.#emit(row, current.toString('hex')));
      const settings = { current, signal, batchSize, concurrency, dryRun, onProgress, onRotated };
      return new RotationRun(this.#queries, processor, settings).run(() => this.#isOldKeyUsed(signal, current));
    });
  }

  /**
   * How many rows are on which key, and of which provider. Decrypts nothing; goes through the table once, about a second
   * for a million rows.
   *
   * @throws StorageError
   */
  async status({ expiringWithin = MONTH }: RotationStatusOptions = {}): Promise<RotationStatus> {
    this.#requireDatabase();
    return readStatus(this.#queries, this.registry, this.encryption, this.#ending.signal, expiringWithin);
  }

  /**
   * Opens every row, and looks for such as are on an old key.
   *
   * @throws StorageError
   * @throws InvalidInputError for an option out of its range
   */
  async verify(options: VerifyOptions = {}): Promise<RotationVerification> {
    const begun = performance.now();
    const batchSize = within('batchSize', options.batchSize ?? DEFAULT_BATCH, MAX_BATCH);
    return this.#work(options.signal, async (processor, signal) => {
      const unreadable = new Unreadable();
      let [rows, onOldKey] = [0, 0];
      await walkTable(this.#queries, processor, {
        task: 'check',
        current: null,
        batchSize,
        concurrency: DEFAULT_CONCURRENCY,
        signal,
        onPage: (page, outcome) => {
          rows += page.count;
          onOldKey += outcome.old;
          unreadable.add(page, outcome.unreadable);
          quietly(() => options.onProgress?.(rows));
        },
      });
      const { aborted } = signal;
      const ok = !aborted && onOldKey === 0 && unreadable.count === 0;
      const durationMs = Math.round(performance.now() - begun);
      const { named, count: unreadableCount } = unreadable;
      return { ok, rows, onOldKey, unreadable: named, unreadableCount, durationMs, aborted };
    });
  }

  /**
   * Retires a key for good: Postgres refuses it while one row is still sealed with it, and from then on refuses every
   * row that a late instance seals with it; an instance that has its secret in front does not start.
   *
   * @param keyId - Hex, as `status` tells it.
   * @returns whether it was retired now; false: it was before
   * @throws RetirementError if a row still needs it, it is the key that seals, or it was never in use
   * @throws InvalidInputError if there is no such key
   */
  async retire(keyId: string): Promise<boolean> {
    this.#requireDatabase();
    if (!/^[0-9a-f]{16}$/i.test(keyId)) throw new InvalidInputError('A key id is 16 hex digits, as status tells them.');
    const id = Buffer.from(keyId, 'hex');
    if (id.equals(this.encryption.keyId)) {
      throw new RetirementError('That is the key that seals. Put a newer secret in front of it and rotate first.');
    }
    if (await this.registry.isRetired(id)) return false;
    if (!(await this.registry.registered()).some((key) => key.keyId.equals(id))) {
      if (!this.encryption.keyIds.some((each) => each.equals(id)))
        throw new InvalidInputError('There is no key with that id.');
      throw new RetirementError(
        `The key ${keyId} was never in use, so there is nothing to retire. If it is the new one, put its secret in front; if it is not needed, take its secret out.`,
      );
    }
    try {
      await withRetries(this.#ending.signal, () => this.registry.retire(id));
    } catch (error) {
      if (!(error instanceof StorageError) || error.reason !== FOREIGN_KEY_VIOLATION) throw error;
      throw new RetirementError(
        `Stored keys are still sealed with the key ${keyId}, so the database did not let it be retired. Rotate first, and see what status and verify say.`,
      );
    }
    return true;
  }

  /**
   * Has the first `KeyWrapper` wrap the root of the keys anew, for a new version of its key, say. One row is written;
   * no stored key changes. (A start does this by itself where the root is wrapped by another wrapper than the first.)
   *
   * @returns how many roots: 1, or 0 where another instance did it at the same moment
   * @throws KeyWrapperError if a service refuses or is away; nothing is changed
   */
  rewrap(): Promise<number> {
    return this.roots.rewrap();
  }

  /** Ends what is under way after the page it is at. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#underWay);
  }

  async #work<T>(
    signal: AbortSignal | undefined,
    work: (processor: PageProcessor, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#requireDatabase();
    const processor = createPageProcessor(this.encryption);
    const either = signal ? AbortSignal.any([signal, this.#ending.signal]) : this.#ending.signal;
    const done = work(processor, either).finally(() => processor.close());
    this.#underWay.add(done);
    try {
      return await done;
    } finally {
      this.#underWay.delete(done);
    }
  }

  async #isOldKeyUsed(signal: AbortSignal, current: Buffer): Promise<boolean> {
    const registered = await withRetries(signal, () => this.registry.registered());
    return registered.some(({ keyId, used }) => used && !keyId.equals(current));
  }

  #emit([kind, id, provider, label]: PageRow, keyId: string): void {
    const owner = { kind: kind as 'user' | 'session', id };
    // Not in the audit log: it is not a person's doing, and tens of thousands a second would crowd out what is.
    this.events.tell({ type: 'rotated', owner, source: 'database', provider, label, keyId });
  }

  #requireDatabase(): void {
    if (this.options.storage !== 'session') return;
    throw new ConfigurationError('Keys are kept in sessions here, where they are re-encrypted when they are read.');
  }
}

function within(name: string, value: number, maximum: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw new InvalidInputError(`${name} must be a whole number from 1 to ${maximum}.`);
}

function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // A listener's failure is its own.
  }
}
