import type { KeyOwner } from '../interfaces/index.js';

/** Options of `RotationService.rotate`. @publicApi */
export interface RotateOptions {
  /** Ends the rotation after the current pages. The next rotation continues. */
  signal?: AbortSignal;
  /** Called after every page. Errors it throws are ignored. */
  onProgress?: (progress: RotationProgress) => void;
  /**
   * Rows per statement, at most 10,000.
   * @defaultValue `1_000`
   */
  batchSize?: number;
  /**
   * Pages processed at once, at most 16. Each uses up to one connection.
   * @defaultValue `4`
   */
  concurrency?: number;
  /**
   * Decrypts the rows that would be re-encrypted and writes nothing.
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/** Progress of a rotation. @publicApi */
export interface RotationProgress {
  /** Rows re-encrypted by this call; with `dryRun`, rows that would be. */
  rotated: number;
  /** How often a row was changed or locked by another client between reading and writing it. Such rows are tried again. */
  changedMeanwhile: number;
  /** Rows on old keys that none of the given secrets decrypts. They are not changed. */
  unreadable: number;
  /** Rows on old keys at the start; `null` if counting took too long. */
  total: number | null;
  /** Number of the current pass over the table. Passes repeat until one finds nothing to do. */
  pass: number;
  /** Milliseconds since the start. */
  elapsedMs: number;
}

/** A row that none of the given secrets decrypts. @publicApi */
export interface UnreadableKey {
  owner: KeyOwner;
  provider: string;
  label: string;
  /** Id in hex of the encryption key that the row names. */
  keyId: string;
}

/** Result of a rotation. @publicApi */
export interface RotationResult {
  /** Rows re-encrypted by this call; with `dryRun`, rows that would be. */
  rotated: number;
  /** Rows still on old keys, including unreadable ones; `null` if counting took too long. */
  remaining: number | null;
  /** How often a row was changed or locked by another client between reading and writing it. */
  changedMeanwhile: number;
  /** The first hundred rows that none of the given secrets decrypts, as of the last pass. They are never deleted. */
  unreadable: UnreadableKey[];
  /** Number of all such rows. */
  unreadableCount: number;
  durationMs: number;
  /** Whether `signal` or the shutdown of the application stopped it. */
  aborted: boolean;
}

/** An encryption key in the database. @publicApi */
export interface RotationKeyStatus {
  /** Id in hex. */
  keyId: string;
  /** `current` encrypts; `old` may be in use; `unused` has never encrypted; `retired` is refused by the database. */
  state: 'current' | 'old' | 'unused' | 'retired';
  /** Rows that name it. */
  rows: number;
  /** Whether its secret is given. Otherwise, its rows cannot be decrypted. */
  secretKnown: boolean;
  /** Time of its retirement. */
  retiredAt: Date | null;
}

/** Stored keys of a provider. @publicApi */
export interface RotationProviderStatus {
  provider: string;
  rows: number;
  /** Expired rows that are not removed yet. */
  expired: number;
  /** Rows that expire within `expiringWithin`. */
  expiring: number;
  /** Rows on encryption keys whose secret is not given. */
  unreadable: number;
}

/** Options of `RotationService.status`. @publicApi */
export interface RotationStatusOptions {
  /**
   * Milliseconds from now within which an expiry counts as `expiring`.
   * @defaultValue 30 days
   */
  expiringWithin?: number;
}

/** Result of `RotationService.status`. @publicApi */
export interface RotationStatus {
  /** Id in hex of the key that encrypts. */
  current: string;
  keys: RotationKeyStatus[];
  rows: number;
  /** Expired rows that are not removed yet. */
  expired: number;
  /** Rows that expire within `expiringWithin`. */
  expiring: number;
  /** Rows on encryption keys whose secret is not given. `verify` checks whether all others decrypt. */
  unreadable: number;
  /** Sorted by name. */
  providers: RotationProviderStatus[];
  /** Size of the table with its indexes, in bytes. */
  tableBytes: number;
}

/** Options of `RotationService.verify`. @publicApi */
export interface VerifyOptions {
  /** Ends the check after the current page. */
  signal?: AbortSignal;
  /** Called after every page with the number of rows decrypted so far. */
  onProgress?: (rows: number) => void;
  /**
   * Rows per statement, at most 10,000.
   * @defaultValue `1_000`
   */
  batchSize?: number;
}

/** Result of `RotationService.verify`. @publicApi */
export interface RotationVerification {
  /** Whether every row decrypts and none is on an old key. */
  ok: boolean;
  /** Rows checked. */
  rows: number;
  /** Rows encrypted with an old key, or that name one. */
  onOldKey: number;
  /** The first hundred rows that do not decrypt. */
  unreadable: UnreadableKey[];
  /** Number of all such rows. */
  unreadableCount: number;
  durationMs: number;
  aborted: boolean;
}
