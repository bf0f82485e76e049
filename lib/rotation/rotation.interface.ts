import type { KeyOwner } from '../interfaces/index.js';

/** Options of `RotationService.rotate`. @publicApi */
export interface RotateOptions {
  /** Ends the rotation between two pages; what is written stays written, and the next rotation goes on from there. */
  signal?: AbortSignal;
  /** Told after every page. A listener that throws harms nothing. */
  onProgress?: (progress: RotationProgress) => void;
  /** Rows looked at, and written, in one statement. Default 1,000; at most 10,000. */
  batchSize?: number;
  /** Pages under way at once, each needing a connection of the pool now and then. Default 4; at most 16. */
  concurrency?: number;
  /** true: opens every row that would be re-encrypted, and writes nothing. Default false. */
  dryRun?: boolean;
}

/** How far a rotation is. @publicApi */
export interface RotationProgress {
  /** Rows moved to the current key by this call; with `dryRun`, rows that would be. */
  rotated: number;
  /** Times a row was changed, or locked, by somebody else between reading and writing it. Such rows are seen again. */
  changedMeanwhile: number;
  /** Rows on old keys that no given secret opens. They stay as they are. */
  unreadable: number;
  /** Rows that were on old keys at the start; `null` where that could not be counted in time. */
  total: number | null;
  /** How often the table is being gone through: once more as long as a pass finds something to do. */
  pass: number;
  /** Milliseconds since the start. */
  elapsedMs: number;
}

/** A row that no given secret opens. @publicApi */
export interface UnreadableKey {
  owner: KeyOwner;
  provider: string;
  label: string;
  /** Hex id of the encryption key that the row says it is sealed with. */
  keyId: string;
}

/** What a rotation did. @publicApi */
export interface RotationResult {
  /** Rows moved to the current key by this call; with `dryRun`, rows that would be. */
  rotated: number;
  /** Rows still on old keys, the unreadable ones among them; `null` where they could not be counted in time. */
  remaining: number | null;
  /** Times a row was changed, or locked, by somebody else between reading and writing it. */
  changedMeanwhile: number;
  /** Rows that no given secret opens, as the last pass found them: the first hundred. Never deleted. */
  unreadable: UnreadableKey[];
  /** How many they are. */
  unreadableCount: number;
  durationMs: number;
  /** Whether `signal`, or the end of the application, stopped it. */
  aborted: boolean;
}

/** An encryption key, as the database knows it. @publicApi */
export interface RotationKeyStatus {
  /** Hex. */
  keyId: string;
  /** `current` seals, `old` is still in use or could be, `unused` never sealed, `retired` is refused by the database. */
  state: 'current' | 'old' | 'unused' | 'retired';
  /** Rows that say they are sealed with it. */
  rows: number;
  /** Whether its secret is among the given ones. Where it is not, its rows cannot be opened. */
  secretKnown: boolean;
  /** When it was retired. */
  retiredAt: Date | null;
}

/** How many keys of a provider are stored. @publicApi */
export interface RotationProviderStatus {
  provider: string;
  rows: number;
  /** Rows that have expired and are not swept yet. */
  expired: number;
  /** Rows that expire within the time that was asked for. */
  expiring: number;
  /** Rows on keys whose secret is not given. */
  unreadable: number;
}

/** Options of `RotationService.status`. @publicApi */
export interface RotationStatusOptions {
  /** Milliseconds from now within which a row that expires is counted as `expiring`. Default: 30 days. */
  expiringWithin?: number;
}

/** What `RotationService.status` tells. @publicApi */
export interface RotationStatus {
  /** Hex id of the key that seals. */
  current: string;
  keys: RotationKeyStatus[];
  rows: number;
  /** Rows that have expired and are not swept yet. */
  expired: number;
  /** Rows that expire within the time that was asked for. */
  expiring: number;
  /** Rows on keys whose secret is not given. Whether all others open is what `verify` tells. */
  unreadable: number;
  /** By name. */
  providers: RotationProviderStatus[];
  /** Bytes of the table with its indexes. */
  tableBytes: number;
}

/** Options of `RotationService.verify`. @publicApi */
export interface VerifyOptions {
  /** Ends the check between two pages. */
  signal?: AbortSignal;
  /** Told after every page how many rows were opened so far. */
  onProgress?: (rows: number) => void;
  /** Rows looked at in one statement. Default 1,000; at most 10,000. */
  batchSize?: number;
}

/** What `RotationService.verify` found. @publicApi */
export interface RotationVerification {
  /** Whether every row opens and none is on an old key. */
  ok: boolean;
  /** Rows looked at. */
  rows: number;
  /** Rows that are on an old key, or say so. */
  onOldKey: number;
  /** Rows that do not open: the first hundred. */
  unreadable: UnreadableKey[];
  /** How many they are. */
  unreadableCount: number;
  durationMs: number;
  aborted: boolean;
}
