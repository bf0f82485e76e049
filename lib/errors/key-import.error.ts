import { StorageError } from './errors.js';

/**
 * An import ended early, because the database or the encryption failed. Nothing is lost: start it again with
 * `onConflict: 'skip'`, and it takes what is missing.
 *
 * @publicApi
 */
export class KeyImportError extends StorageError {
  constructor(
    /** Items from the start of the source that were dealt with. Those of the next batch may have been stored too. */
    readonly done: number,
    /** What became of them. */
    readonly result: {
      stored: number;
      replaced: number;
      skipped: number;
      refused: { index: number; reason: string }[];
    },
    cause: Error,
  ) {
    const reason = cause instanceof StorageError ? cause.reason : undefined;
    super(`The import ended after ${done} items: ${cause.message} Repeating it is safe.`, reason);
  }
}
