import { toDate, toDateOrNull } from '../../database/index.js';
import type { KeyRecord, KeyScope, ListedKey, RecordChange } from '../key-storage.interface.js';
import { toLastCheck } from '../last-check.js';

/** @internal */
export interface WrittenRow {
  created: string;
  updated: string;
  expires: string | null;
  used: string | null;
  expired: boolean;
  is_default: boolean;
  /** `null` if what was said is not about this version of the key. */
  checked: string | null;
  check_outcome: string | null;
  check_reason: string | null;
  check_by: string | null;
}

/** @internal */
export interface PutRow extends WrittenRow {
  replaced: boolean;
}

/** @internal */
export interface ListedRow extends WrittenRow {
  provider: string;
  label: string;
  ciphertext: Buffer;
  key_id: Buffer;
  hint: string;
  fingerprint: Buffer;
  field_names: string[];
}

/** @internal */
export function ownerOf({ owner }: KeyScope): [string, string] {
  return [owner.kind, owner.id];
}

/** @internal */
export function recordValues(scope: KeyScope, record: KeyRecord, limit: number): unknown[] {
  return [...ownerOf(scope), record.provider, record.label, ...contentOf(record), limit, ...verdictOf(record)];
}

/** @internal */
export function updateValues(
  scope: KeyScope,
  { slot, read, record, isNewKey, isNewVersion }: RecordChange,
  limit: number,
) {
  return [
    ...ownerOf(scope),
    slot.provider,
    slot.label,
    read,
    record.label,
    ...contentOf(record),
    isNewKey,
    isNewVersion,
    limit,
    ...verdictOf(record),
  ];
}

function verdictOf({ verdict }: KeyRecord): unknown[] {
  return [verdict?.outcome ?? null, verdict?.reason ?? null, verdict?.by ?? null];
}

function contentOf(record: KeyRecord): unknown[] {
  return [record.keyId, record.ciphertext, record.hint, record.fingerprint, record.fieldNames, record.expiresAt];
}

/** The record with what the writer does not know. @internal */
export function asWritten({ verdict: _verdict, ...record }: KeyRecord, row: WrittenRow): ListedKey {
  return {
    ...record,
    createdAt: toDate(row.created),
    updatedAt: toDate(row.updated),
    lastUsedAt: toDateOrNull(row.used),
    expired: row.expired,
    isDefault: row.is_default,
    lastCheck:
      row.checked === null ? null : toLastCheck(row.check_outcome, row.check_reason, row.check_by, toDate(row.checked)),
  };
}

/** @internal */
export function toListedKey(row: ListedRow): ListedKey {
  const record = {
    provider: row.provider,
    label: row.label,
    ciphertext: row.ciphertext,
    keyId: row.key_id,
    hint: row.hint,
    fingerprint: row.fingerprint,
    fieldNames: row.field_names,
    expiresAt: toDateOrNull(row.expires),
  };
  return asWritten(record, row);
}
