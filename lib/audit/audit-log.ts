import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokDatabase } from '../database/index.js';
import type { AuditEntry, ByokEvent, KeyOwner, ResolvedByokOptions } from '../interfaces/index.js';
import { type AuditRecord, AuditTable } from './audit-table.js';

/** Milliseconds that entries wait for others before they are written. */
const COLLECT_FOR = 1_000;
const BATCH = 1_000;
/** Entries that wait while the database is away; what comes after is counted and dropped. */
const MAX_WAITING = 10_000;

const OUTCOMES: Partial<Record<ByokEvent['type'], AuditRecord['outcome']>> = {
  denied: 'denied',
  decryptFailed: 'failure',
  refused: 'failure',
};

/**
 * Writes the audit log. Entries are collected for a second and written together, so that no request waits for it and
 * none fails with it. While the database is away they wait; what does not fit is counted, and the count is logged.
 *
 * @internal
 */
@Injectable()
export class AuditLog implements OnModuleInit {
  readonly #logger = new Logger('ByokModule');
  #waiting: AuditRecord[] = [];
  /** Uses that wait, by key: more of the same are counted there. */
  #uses = new Map<string, AuditRecord>();
  #dropped = 0;
  #lost = 0;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly table: AuditTable,
    database: ByokDatabase,
  ) {
    if (this.isOn) database.beforeClose(() => this.#close());
  }

  /** @throws ConfigurationError if the table is missing */
  async onModuleInit(): Promise<void> {
    if (this.isOn) await this.table.require();
  }

  get isOn(): boolean {
    return this.options.audit !== false;
  }

  record(event: ByokEvent): void {
    if (!this.isOn) return;
    const { type: action, at, owner, provider, label, keyId = null, source = null, requestId = null } = event;
    const actor = event.actor && !isSameOwner(event.actor, owner) ? event.actor : null;
    const key = action === 'used' ? [owner.kind, owner.id, source, provider, label, actor?.id].join('\n') : undefined;
    const same = key === undefined ? undefined : this.#uses.get(key);
    if (same) {
      same.times++;
      if (same.requestId !== requestId) same.requestId = null;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    const outcome = OUTCOMES[action] ?? 'success';
    const id = this.#nextId(at);
    this.#waiting.push({ id, at, owner, actor, action, outcome, provider, label, keyId, source, requestId, times: 1 });
    if (key !== undefined) this.#uses.set(key, this.#waiting.at(-1)!);
    this.#timer ??= setTimeout(() => void this.flush(), COLLECT_FOR).unref();
  }

  /** Writes what waits if it is much: for whoever makes more entries than a timer would keep up with. Never rejects. */
  async keepUp(): Promise<void> {
    if (this.#waiting.length >= BATCH) await this.flush();
  }

  /** Writes what waits. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One at a time, so that entries of one owner keep their order.
    return (this.#writing = this.#writing.then(() => this.#write()));
  }

  /** The owner's entries, newest first, those that were waiting included. @throws StorageError */
  async list(owner: KeyOwner, limit: number | null): Promise<AuditEntry[]> {
    await this.flush();
    return this.table.list(owner, limit);
  }

  /**
   * Removes the owner's entries, those that were waiting included, and the owner's id from entries of others.
   *
   * @throws StorageError
   */
  async erase(owner: KeyOwner): Promise<number> {
    if (!this.isOn) return 0;
    // Those on their way are in the table then; those that wait must not come after.
    await this.#writing;
    const isOwn = (record: AuditRecord) => isSameOwner(record.owner, owner);
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((record) => !isOwn(record));
    const waited = before - this.#waiting.length;
    for (const [key, record] of this.#uses) if (isOwn(record)) this.#uses.delete(key);
    for (const record of this.#waiting) if (record.actor && isSameOwner(record.actor, owner)) record.actor = null;
    return waited + (await this.table.erase(owner));
  }

  /** Removes what is older than the option says. @throws StorageError */
  async sweep(): Promise<void> {
    const { audit } = this.options;
    if (audit !== false && audit.retentionDays !== null) await this.table.sweep(audit.retentionDays);
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      // A use from now on is another entry: this one is on its way.
      this.#uses.clear();
      try {
        await this.table.insert(batch);
        this.#failing = false;
      } catch {
        this.#waiting.unshift(...batch);
        this.#timer ??= setTimeout(() => void this.flush(), COLLECT_FOR).unref();
        if (!this.#failing)
          this.#logger.error('Cannot write the audit log. Entries are kept in memory and written later.');
        this.#failing = true;
        return;
      }
    }
    if (this.#dropped === 0) return;
    this.#logger.error(`The audit log is missing ${this.#dropped} entries, dropped while it could not be written.`);
    this.#dropped = 0;
  }

  async #close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    const lost = this.#waiting.length + this.#dropped;
    if (lost > this.#lost)
      this.#logger.error(
        `The audit log is missing its last ${lost} entries: it could not be written before the shutdown.`,
      );
    this.#lost = lost;
  }

  /** A UUID of version 7: the time, and a counter for what happens in one millisecond. */
  #nextId(at: Date): string {
    const bytes = randomBytes(16);
    bytes.writeUIntBE(at.getTime(), 0, 6);
    this.#sequence = (this.#sequence + 1) & 0xfff;
    bytes.writeUInt16BE(0x7000 | this.#sequence, 6);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}

function isSameOwner(a: KeyOwner, b: KeyOwner): boolean {
  return a.kind === b.kind && a.id === b.id;
}
