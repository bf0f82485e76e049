import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ByokEvent, KeyHolder, ResolvedByokOptions } from '../interfaces/index.js';
import { AuditLog } from './audit-log.js';

const MAX_REQUEST_ID = 128;

/** Tells the audit log and the application's listener what happened. @internal */
@Injectable()
export class KeyEvents {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly audit: AuditLog,
  ) {}

  /** Whether anybody is told, for those who emit for each request. */
  get isHeard(): boolean {
    return this.options.onEvent !== undefined || this.audit.isOn;
  }

  emit(event: Omit<ByokEvent, 'at' | 'requestId'>, holder?: KeyHolder): void {
    if (!this.isHeard) return;
    const requestId = requestIdOf(holder);
    const full = { ...event, at: new Date(), ...(requestId !== undefined && { requestId }) };
    this.audit.record(full);
    this.#tell(full);
  }

  /** Tells the listener alone: of what must leave no trace in the audit log. */
  tell(event: Omit<ByokEvent, 'at' | 'requestId'>): void {
    this.#tell({ ...event, at: new Date() });
  }

  #tell(event: ByokEvent): void {
    const { onEvent } = this.options;
    if (!onEvent) return;
    try {
      const answer: unknown = onEvent({ ...event });
      if (answer !== undefined) Promise.resolve(answer).catch(() => {});
    } catch {
      // A listener's failure is its own.
    }
  }
}

/** An application may take the id from a header: what could forge a line of a log, or break a row, is made visible. */
function requestIdOf(holder: KeyHolder | undefined): string | undefined {
  const id = (holder as { id?: unknown } | undefined)?.id;
  if (typeof id === 'number') return String(id);
  if (typeof id !== 'string') return undefined;
  return id
    .slice(0, MAX_REQUEST_ID)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
