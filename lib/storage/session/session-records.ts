import { createHash } from 'node:crypto';
import { StorageError } from '../../errors/index.js';
import type { KeyOwner, LastCheck } from '../../interfaces/index.js';
import type {
  FoundKey,
  KeyQuery,
  KeyRecord,
  KeySlot,
  ListedKey,
  RecordVerdict,
  RenewedKey,
} from '../key-storage.interface.js';
import { toLastCheck } from '../last-check.js';

/** The property of the session that holds everything. */
export const SESSION_PROPERTY = 'byok';

/** A sealed record as it stands in a session, which is JSON. @internal */
export interface SessionRecord {
  ownerKind: KeyOwner['kind'];
  ownerId: string;
  provider: string;
  label: string;
  /** base64url without padding. */
  sealed: string;
  /** Of a record that was sealed anew: the origin of the one before. See `originOf`. */
  origin?: string;
  hint: string;
  fingerprint: string;
  fieldNames: string[];
  createdAt: number;
  updatedAt: number;
  expiresAt: number | null;
  /** When it was chosen as the default key of its provider. */
  preferredAt?: number;
  /** What its provider said of it. */
  check?: RecordVerdict & { at: number };
}

/** What a record has that a new one does not. @internal */
export type RecordDates = Pick<SessionRecord, 'createdAt' | 'updatedAt' | 'preferredAt'>;

/** The records on a session's blob. @throws StorageError if it holds something else: that is not "no key" */
export function recordsOf(blob: Record<string, unknown> | null): SessionRecord[] {
  const held = blob?.[SESSION_PROPERTY] as { v?: unknown; keys?: unknown } | undefined;
  if (held === undefined) return [];
  if (typeof held !== 'object' || held === null || held.v !== 1 || !Array.isArray(held.keys)) {
    throw new StorageError('The keys in this session cannot be read.');
  }
  return held.keys.filter((record): record is SessionRecord => typeof record === 'object' && record !== null);
}

export function toSessionRecord(owner: KeyOwner, record: KeyRecord, dates: RecordDates): SessionRecord {
  return {
    ownerKind: owner.kind,
    ownerId: owner.id,
    provider: record.provider,
    label: record.label,
    sealed: record.ciphertext.toString('base64url'),
    hint: record.hint,
    fingerprint: record.fingerprint.toString('hex'),
    fieldNames: [...record.fieldNames],
    createdAt: dates.createdAt,
    updatedAt: dates.updatedAt,
    expiresAt: record.expiresAt?.getTime() ?? null,
    ...(dates.preferredAt !== undefined && { preferredAt: dates.preferredAt }),
    ...(record.verdict && { check: { ...record.verdict, at: dates.updatedAt } }),
  };
}

/** The same key, sealed anew. */
export function renewedRecord(record: SessionRecord, renewed: RenewedKey): SessionRecord {
  return {
    ...record,
    sealed: renewed.ciphertext.toString('base64url'),
    fingerprint: renewed.fingerprint.toString('hex'),
    origin: originOf(record),
  };
}

/**
 * What a record has in common with those that were sealed anew from it: a slow request may bring any of them back, and
 * after a deletion all of them must be dead. A digest of the first one's bytes.
 */
export function originOf({ origin, sealed }: SessionRecord): string {
  if (typeof origin === 'string' && /^[\w-]{43}$/.test(origin)) return origin;
  return createHash('sha256').update(String(sealed)).digest('base64url');
}

export function toListedKey(record: SessionRecord, isDefault: boolean): ListedKey {
  const ciphertext = decodeSealed(record.sealed);
  return {
    provider: record.provider,
    label: record.label,
    ciphertext,
    keyId: ciphertext.subarray(2, 10),
    hint: String(record.hint),
    fingerprint: Buffer.from(String(record.fingerprint), 'hex'),
    fieldNames: Array.isArray(record.fieldNames) ? record.fieldNames.map(String) : [],
    createdAt: new Date(record.createdAt),
    updatedAt: new Date(record.updatedAt),
    lastUsedAt: null,
    expiresAt: record.expiresAt === null ? null : new Date(record.expiresAt),
    expired: isExpired(record),
    isDefault,
    lastCheck: lastCheckOf(record),
  };
}

export function toFoundKey(record: SessionRecord): FoundKey {
  const { label, sealed, expiresAt } = record;
  const { outcome, reason } = lastCheckOf(record) ?? {};
  const isDoubt = outcome === 'refused' || (outcome === 'accepted' && reason !== null);
  return {
    label,
    ciphertext: decodeSealed(sealed),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    doubt: isDoubt ? outcome : null,
  };
}

function lastCheckOf({ check, updatedAt }: SessionRecord): LastCheck | null {
  if (typeof check !== 'object' || !(check.at >= updatedAt)) return null;
  return toLastCheck(check.outcome, check.reason, check.by, new Date(check.at));
}

/** Strict: Node's decoder skips what is no base64url, so two texts could stand for the same bytes. */
function decodeSealed(sealed: unknown): Buffer {
  if (typeof sealed !== 'string') return Buffer.alloc(0);
  const bytes = Buffer.from(sealed, 'base64url');
  return bytes.toString('base64url') === sealed ? bytes : Buffer.alloc(0);
}

export function isExpired(record: SessionRecord, now = Date.now()): boolean {
  return record.expiresAt !== null && !(record.expiresAt > now);
}

export function isOwnedBy(record: SessionRecord, owner: KeyOwner): boolean {
  return record.ownerKind === owner.kind && record.ownerId === owner.id;
}

/** Whether it is another user's. A visitor's own records wait to be adopted. To a visitor, no record is foreign: signing in makes them visible again. */
export function isForeign(record: SessionRecord, owner: KeyOwner): boolean {
  return owner.kind === 'user' && record.ownerKind === 'user' && record.ownerId !== owner.id;
}

/** The owner's records that are not expired and that a query may find. */
export function candidatesOf(blob: Record<string, unknown> | null, owner: KeyOwner, query: KeyQuery): SessionRecord[] {
  return recordsOf(blob).filter((r) => isMatch(r, query) && isOwnedBy(r, owner) && !isExpired(r));
}

export function isMatch(record: SessionRecord, { provider, label }: KeyQuery): boolean {
  return record.provider === provider && (label === undefined || record.label === label);
}

/** The first in the order in which the default key comes first; an expired one if there is no other. */
export function preferred(records: readonly SessionRecord[]): SessionRecord | undefined {
  return [...records].sort(byPreference)[0];
}

/** The default key among an owner's records. */
export function defaultOf(records: readonly SessionRecord[], provider: string): SessionRecord | undefined {
  return preferred(records.filter((r) => r.provider === provider && !isExpired(r)));
}

function byPreference(a: SessionRecord, b: SessionRecord): number {
  return (
    Number(isExpired(a)) - Number(isExpired(b)) ||
    (b.preferredAt ?? 0) - (a.preferredAt ?? 0) ||
    Number(a.label !== 'default') - Number(b.label !== 'default') ||
    a.createdAt - b.createdAt ||
    (a.label < b.label ? -1 : 1)
  );
}

export function isSlot(record: KeySlot, slot: KeySlot): boolean {
  return record.provider === slot.provider && record.label === slot.label;
}

/** How many have not expired. */
export function countOf(records: readonly SessionRecord[]): number {
  return records.filter((r) => !isExpired(r)).length;
}

/** A record as it is listed beside the owner's others. */
export function listedAmong(record: SessionRecord, others: readonly SessionRecord[]): ListedKey {
  return toListedKey(record, record === defaultOf([...others, record], record.provider));
}

export function foundAmong(records: readonly SessionRecord[]): FoundKey | null {
  const found = preferred(records);
  return found ? toFoundKey(found) : null;
}
