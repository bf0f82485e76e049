import { Injectable } from '@nestjs/common';
import { ByokDatabase, everyRow, everyRowWritten, epochMs, toDate } from '../database/index.js';
import { ConfigurationError } from '../errors/index.js';
import type { AuditEntry, KeyOwner } from '../interfaces/index.js';

/** An entry as it is written. @internal */
export interface AuditRecord extends AuditEntry {
  /** A UUID, in the order of entries. */
  id: string;
  owner: KeyOwner;
}

interface AuditRow {
  moment: string;
  action: AuditEntry['action'];
  outcome: AuditEntry['outcome'];
  provider: string;
  label: string;
  key_id: string | null;
  source: AuditEntry['source'];
  request_id: string | null;
  times: number;
  actor_id: string | null;
}

/** Rows removed in one statement: short enough not to hold anybody up. */
const SWEEP_BATCH = 5_000;

const INSERT = `INSERT INTO byok_audit_log
    (id, at, owner_kind, owner_id, action, outcome, provider, label, key_id, source, request_id, times, actor_id)
  SELECT id, at, owner_kind, owner_id, action, outcome, provider, label, decode(key_id, 'hex'), source, request_id, times,
    actor_id
  FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::int[], $13::text[])
    AS e (id, at, owner_kind, owner_id, action, outcome, provider, label, key_id, source, request_id, times, actor_id)
  ON CONFLICT (id) DO NOTHING`;

/** The table of the audit log. @internal */
@Injectable()
export class AuditTable {
  constructor(private readonly database: ByokDatabase) {}

  /** @throws ConfigurationError if there is none: a connection of the application's runs its own migrations */
  async require(): Promise<void> {
    const text = `SELECT to_regclass('byok_audit_log') IS NULL AS missing`;
    const [{ missing }] = await this.database.query<{ missing: boolean }>({ text, values: [] });
    if (!missing) return;
    throw new ConfigurationError(
      'audit: the table byok_audit_log is missing. Run the migrations of byokMigrations on the TypeORM connection.',
    );
  }

  /** @throws StorageError */
  async insert(records: readonly AuditRecord[]): Promise<void> {
    const values = [
      records.map(({ id }) => id),
      records.map(({ at }) => at),
      records.map(({ owner }) => owner.kind),
      records.map(({ owner }) => owner.id),
      records.map(({ action }) => action),
      records.map(({ outcome }) => outcome),
      records.map(({ provider }) => provider),
      records.map(({ label }) => label),
      records.map(({ keyId }) => keyId),
      records.map(({ source }) => source),
      records.map(({ requestId }) => requestId),
      records.map(({ times }) => times),
      records.map(({ actor }) => actor?.id ?? null),
    ];
    await this.database.query({ name: 'byok_audit_insert', text: INSERT, values });
  }

  /** The owner's entries, newest first. @throws StorageError */
  async list(owner: KeyOwner, limit: number | null): Promise<AuditEntry[]> {
    const rows = await this.database.query<AuditRow>({
      name: 'byok_audit_list',
      text: `SELECT ${epochMs('at', 'moment')}, action, outcome, provider, label, encode(key_id, 'hex') AS key_id, source, request_id, times, actor_id
        FROM byok_audit_log WHERE owner_kind = $1 AND owner_id = $2 ORDER BY at DESC, id DESC LIMIT ${everyRow('byok_audit_log', '$3::bigint')}`,
      values: [owner.kind, owner.id, limit],
    });
    return rows.map(({ moment, key_id: keyId, request_id: requestId, actor_id: actorId, ...entry }) => ({
      at: toDate(moment),
      ...entry,
      keyId,
      requestId,
      actor: actorId === null ? null : { kind: 'user', id: actorId },
    }));
  }

  /** Removes the owner's entries, and a user's id from entries of others; how many there were. @throws StorageError */
  async erase(owner: KeyOwner): Promise<number> {
    if (owner.kind === 'user') {
      const forget = everyRowWritten(
        'byok_audit_log',
        'UPDATE byok_audit_log SET actor_id = NULL WHERE actor_id = $1 RETURNING 1',
      );
      await this.database.query({ text: forget, values: [owner.id] });
    }
    const text = everyRowWritten(
      'byok_audit_log',
      'DELETE FROM byok_audit_log WHERE owner_kind = $1 AND owner_id = $2 RETURNING 1',
    );
    return (await this.database.query({ text, values: [owner.kind, owner.id] })).length;
  }

  /** Removes entries that are older; how many there were. @throws StorageError */
  async sweep(days: number): Promise<number> {
    for (let removed = 0; ;) {
      const batch = await this.database.query({
        name: 'byok_audit_sweep',
        text: `DELETE FROM byok_audit_log WHERE id IN (
            SELECT id FROM byok_audit_log WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT ${everyRow('byok_audit_log', '$2::bigint')} FOR UPDATE SKIP LOCKED
          ) RETURNING 1`,
        values: [days, SWEEP_BATCH],
      });
      removed += batch.length;
      if (batch.length < SWEEP_BATCH) return removed;
    }
  }
}
