import { Inject, Injectable } from '@nestjs/common';
import { AuditLog, KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ConfigurationError, InvalidInputError } from '../errors/index.js';
import { CallerResolver } from '../identity/index.js';
import type { AuditEntry, ErasedUser, KeyHolder, ResolvedByokOptions, UserMetadata } from '../interfaces/index.js';
import { type KeyScope, KeyStorage } from '../storage/index.js';
import { KeyDescriptions } from './key-descriptions.js';

/**
 * What is known of a person: the trail of their keys, all of it to take along, and its erasure.
 *
 * @internal
 */
@Injectable()
export class UserData {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly descriptions: KeyDescriptions,
    private readonly events: KeyEvents,
    private readonly audit: AuditLog,
  ) {}

  async trail(holder: KeyHolder, limit: number): Promise<AuditEntry[]> {
    if (!this.audit.isOn) throw new ConfigurationError('There is no audit log: set the option audit to true.');
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new InvalidInputError('limit must be a whole number of 1 or more.');
    }
    const { owner } = await this.callers.scopeOf(holder);
    return this.audit.list(owner, limit);
  }

  async metadata(userId: string): Promise<UserMetadata> {
    const { owner, place } = await this.#user(userId);
    const keys = place ? await this.descriptions.list(place) : [];
    const auditEntries = this.audit.isOn ? await this.audit.list(owner, null) : [];
    return { userId: owner.id, exportedAt: new Date(), keys, auditEntries };
  }

  async erase(userId: string): Promise<ErasedUser> {
    const { owner, place } = await this.#user(userId);
    const removed = place ? await this.storage.clear(place) : [];
    for (const { provider, label } of removed) {
      this.events.tell({ type: 'deleted', owner, source: 'database', provider, label });
    }
    return { keys: removed.length, auditEntries: await this.audit.erase(owner) };
  }

  /** Rows of a user; without a database there are none, and sessions of others cannot be reached. */
  async #user(userId: string): Promise<{ owner: KeyScope['owner']; place: KeyScope | undefined }> {
    const caller = await this.callers.caller({ userId });
    const place = this.options.storage === 'session' ? undefined : this.storage.scopeOf(caller);
    return { owner: { kind: 'user', id: caller.userId! }, place };
  }
}
