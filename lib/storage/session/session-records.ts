import { createHash } from 'node:crypto';
import { StorageError } from '../../errors/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type { KeyRecord, KeySlot, ListedKey, RenewedKey, SealedKey } from '../key-storage.interface.js';

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
}

/** The records on a session's blob. @throws StorageError if it holds something else: that is not "no key" */
export function recordsOf(blob: Record<string, unknown> | null): SessionRecord[] {
  const held = blob?.[SESSION_PROPERTY] as { v?: unknown; keys?: unknown } | undefined;
  if (held === undefined) return [];
  if (typeof held !== 'object' || held === null || held.v !== 1 || !Array.isArray(held.keys)) {
    throw new StorageError('The keys in this session cannot be read.');
  }
  return held.keys.filter((record): record is SessionRecord => typeof record === 'object' && record !== null);
}

export function toSessionRecord(owner: KeyOwner, record: KeyRecord, createdAt: number, now: number): SessionRecord {
  return {
    ownerKind: owner.kind,
    ownerId: owner.id,
    provider: record.provider,
    label: record.label,
    sealed: record.ciphertext.toString('base64url'),
    hint: record.hint,
    fingerprint: record.fingerprint.toString('hex'),
    fieldNames: [...record.fieldNames],
    createdAt,
    updatedAt: now,
    expiresAt: record.expiresAt?.getTime() ?? null,
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

export function toListedKey(record: SessionRecord): ListedKey {
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
  };
}

export function toSealedKey({ sealed, expiresAt }: SessionRecord): SealedKey {
  return { ciphertext: decodeSealed(sealed), expiresAt: expiresAt === null ? null : new Date(expiresAt) };
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

export function findCurrent(
  blob: Record<string, unknown> | null,
  owner: KeyOwner,
  slot: KeySlot,
): SessionRecord | undefined {
  return recordsOf(blob).find((r) => isSlot(r, slot) && isOwnedBy(r, owner) && !isExpired(r));
}

export function isSlot(record: KeySlot, slot: KeySlot): boolean {
  return record.provider === slot.provider && record.label === slot.label;
}
