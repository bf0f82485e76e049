import { Inject, Injectable } from '@nestjs/common';
import { AuditLog, KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ConfigurationError, InvalidInputError, UserRequiredError } from '../errors/index.js';
import { CallerResolver, userIdText, whyNotAnId } from '../identity/index.js';
import type {
  AuditEntry,
  ErasedUser,
  KeyHolder,
  KeyOwner,
  OwnerMetadata,
  ResolvedByokOptions,
} from '../interfaces/index.js';
import { type KeyScope, KeyStorage } from '../storage/index.js';
import { isSharedKind, USER_SOURCE } from '../validation/index.js';
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

  async metadata(of: KeyOwner): Promise<OwnerMetadata> {
    const scope = ownerScope(of);
    const { owner } = scope;
    const keys = this.#hasRows ? await this.descriptions.list(scope) : [];
    const auditEntries = this.audit.isOn ? await this.audit.list(owner, null) : [];
    return { owner, exportedAt: new Date(), keys, auditEntries };
  }

  async erase(of: KeyOwner): Promise<ErasedUser> {
    const scope = ownerScope(of);
    const { owner } = scope;
    const removed = this.#hasRows ? await this.storage.clear(scope) : [];
    for (const { provider, label } of removed) {
      this.events.tell({ type: 'deleted', owner, source: 'database', provider, label });
    }
    return { keys: removed.length, auditEntries: await this.audit.erase(owner) };
  }

  /** Without a database there are no rows, and sessions of others cannot be reached. */
  get #hasRows(): boolean {
    return this.options.storage !== 'session';
  }
}

/** Where an owner's rows are. @throws InvalidInputError */
function ownerScope({ kind, id }: KeyOwner): KeyScope {
  if (kind !== USER_SOURCE && !isSharedKind(kind)) {
    throw new InvalidInputError('The kind of an owner must be user, or a name such as team.');
  }
  const text = userIdText(id);
  if (text === undefined) {
    const reason = `The id of the owner is ${whyNotAnId(id)}.`;
    throw kind === USER_SOURCE ? new UserRequiredError(reason) : new InvalidInputError(reason);
  }
  return { source: 'database', owner: { kind, id: text } };
}
