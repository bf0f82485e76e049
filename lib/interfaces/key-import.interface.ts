import type { UserId } from './key-owner.interface.js';

/** A key to import with `ByokService.importKeys`. `null` is the same as left out, except for `expiresAt`. @publicApi */
export interface KeyToImport {
  userId: UserId;
  provider: string;
  /**
   * Distinguishes several keys of one provider: 1 to 64 characters.
   * @defaultValue `'default'`
   */
  label?: string | null;
  apiKey: string;
  /** Values of the provider's extra fields. */
  fields?: Record<string, string> | null;
  /**
   * When the key was created elsewhere; not in the future.
   * @defaultValue now
   */
  createdAt?: Date | null;
  /**
   * Time of expiry; `null` for never.
   * @defaultValue according to the module's `defaultTtl`
   */
  expiresAt?: Date | null;
}

/** What `ByokService.importKeys` reads. @publicApi */
export type KeysToImport = Iterable<KeyToImport> | AsyncIterable<KeyToImport>;

/** Options of `ByokService.importKeys`. @publicApi */
export interface ImportKeysOptions {
  /**
   * What happens to a key that is stored already under that user, provider and label, and has not expired.
   * @defaultValue `'skip'`
   */
  onConflict?: 'skip' | 'replace';
  /**
   * Reads and checks everything and writes nothing.
   * @defaultValue `false`
   */
  dryRun?: boolean;
  /** Ends the import early: what was read is written, and nothing more is read. */
  signal?: AbortSignal;
  /** Called after each batch. */
  onProgress?: (progress: ImportProgress) => void;
}

/** How far an import is. @publicApi */
export interface ImportProgress {
  /** Items that were dealt with, from the start of the source. */
  done: number;
  stored: number;
  replaced: number;
  skipped: number;
  refused: number;
}

/** An item that was not imported. @publicApi */
export interface RefusedImport {
  /** Its place in the source, from 0. */
  index: number;
  /** What is wrong with it, without its values. */
  reason: string;
}

/** What `ByokService.importKeys` did. @publicApi */
export interface ImportResult {
  stored: number;
  replaced: number;
  /** Keys that were stored already. */
  skipped: number;
  refused: RefusedImport[];
}
