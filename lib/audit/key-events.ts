import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ByokEvent, KeyHolder, KeyOwner, ResolvedByokOptions } from '../interfaces/index.js';
import { AuditLog } from './audit-log.js';

const MAX_REQUEST_ID = 128;

/** An event without what is added to each. @internal */
export type EmittedEvent = Omit<ByokEvent, 'at' | 'requestId' | 'actor'> & { actor?: KeyOwner | undefined };

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

  /** @param actor - Who did it, if that is neither the owner nor the application's own code. */
  emit({ actor, ...event }: EmittedEvent, holder?: KeyHolder): void {
    if (!this.isHeard) return;
    const requestId = requestIdOf(holder);
    const user = actor ?? userOf(event.owner, holder);
    const full = {
      ...event,
      at: new Date(),
      ...(user && { actor: user }),
      ...(requestId !== undefined && { requestId }),
    };
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

/** A user's own request is theirs. What code does for `{ userId }`, no user did. */
function userOf(owner: KeyOwner, holder: KeyHolder | undefined): KeyOwner | undefined {
  return owner.kind === 'user' && holder !== undefined && 'headers' in holder ? owner : undefined;
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
