import { Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { KeyChecks } from '../checks/index.js';
import { EncryptionError, InvalidInputError, KeyConflictError, KeyNotFoundError } from '../errors/index.js';
import type {
  ByokEvent,
  KeyHolder,
  KeyWarning,
  ProviderConfig,
  ResolvedByokOptions,
  SavedKey,
  SetKeyOptions,
  StoredKey,
  UpdateKeyOptions,
} from '../interfaces/index.js';
import { SavedUrlCheck } from '../ssrf/index.js';
import {
  type KeyRecord,
  type KeyScope,
  type KeySlot,
  KeyStorage,
  type ListedKey,
  type PutResult,
  type RecordVerdict,
} from '../storage/index.js';
import { checkApiKey } from './api-key-input.js';
import { type CheckedSave, CheckedSaves } from './checked-saves.js';
import { createKey } from './create-key.js';
import { checkFieldChanges, checkFields } from './field-input.js';
import { KeyDescriptions } from './key-descriptions.js';
import { checkExpiry, checkLabel, checkProvider, refuseKeyAsName } from './key-input.js';
import { type KeyContent, KeySealer } from './key-sealer.js';
import { checkNewKey, checkUrls } from './new-key.js';

/** Times that a change is tried while others change the same key. */
const ATTEMPTS = 3;

/**
 * Stores and changes keys, see `ByokService`.
 *
 * @internal
 */
@Injectable()
export class KeyWriter {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly sealer: KeySealer,
    private readonly descriptions: KeyDescriptions,
    private readonly events: KeyEvents,
    private readonly urls: SavedUrlCheck,
    private readonly checks: KeyChecks,
    private readonly saves: CheckedSaves,
  ) {}

  async set(
    holder: KeyHolder,
    scopeOf: () => KeyScope | Promise<KeyScope>,
    provider: string,
    given: string,
    options: SetKeyOptions = {},
  ): Promise<SavedKey> {
    const key = checkNewKey({ ...options, provider, apiKey: given }, this.options);
    const { slot, apiKey, fields, expiresAt, warnings } = key;
    await checkUrls(key, this.options, this.urls);
    const scope = await scopeOf();
    const seal = (verdict?: RecordVerdict): KeyRecord => ({
      ...this.sealer.seal(scope, slot, apiKey, fields, expiresAt),
      verdict,
    });
    const isChecked = options.check === true && this.checks.has(provider);
    const { record, replaced } = isChecked
      ? await this.saves.save(scope, slot, options.ifAbsent === true, { apiKey, fields, seal })
      : await this.#put(scope, seal(), options.ifAbsent);
    this.#emit(replaced ? 'replaced' : 'stored', scope, record, holder);
    if (record.lastCheck?.outcome === 'accepted') this.#emit('accepted', scope, record, holder);
    return this.#saved(scope, record, fields, warnings, isChecked);
  }

  #put(scope: KeyScope, record: KeyRecord, ifAbsent = false): Promise<PutResult> {
    const { maxKeysPerUser } = this.options;
    return ifAbsent
      ? createKey(this.storage, scope, record, maxKeysPerUser)
      : this.storage.put(scope, record, maxKeysPerUser);
  }

  #saved(
    scope: KeyScope,
    record: ListedKey,
    fields: Record<string, string>,
    warnings: readonly KeyWarning[] = [],
    isChecked = false,
  ): SavedKey {
    const notChecked = isChecked && record.lastCheck?.outcome === 'unknown';
    return {
      ...this.descriptions.of(scope, record, fields),
      warnings: [...warnings, ...(notChecked ? ['not-checked' as const] : [])],
    };
  }

  async update(
    holder: KeyHolder,
    scopeOf: () => KeyScope | Promise<KeyScope>,
    provider: string,
    changes: UpdateKeyOptions,
  ): Promise<SavedKey> {
    checkProvider(provider, this.options);
    const label = checkLabel(changes.label);
    const newLabel = checkLabel(changes.newLabel);
    const checked =
      changes.apiKey === undefined ? undefined : checkApiKey(changes.apiKey, provider, this.options.providers);
    if (checked) refuseKeyAsName(checked.apiKey, [provider, label ?? '', newLabel ?? '']);
    const scope = await scopeOf();
    const isChecked = changes.check === true && checked !== undefined && this.checks.has(provider);
    let save: CheckedSave | undefined;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const read = await this.storage.readRecord(scope, { provider, label });
      if (!read) throw save ? new KeyConflictError() : new KeyNotFoundError();
      const change = await this.#changed(scope, read, changes, checked?.apiKey);
      if (isChecked) {
        save ??= await this.saves.check(scope, provider, read, change.key, change.fields);
        await save.requireUnchanged(read);
      }
      const slot = { provider, label: read.label };
      const to = { provider, label: newLabel ?? read.label };
      refuseKeyAsName(change.key, [to.label]);
      const sealed = this.sealer.seal(scope, to, change.key, change.fields, change.expiresAt);
      const record = { ...sealed, verdict: save?.verdict };
      const written = await this.storage.update(
        scope,
        { slot, read: read.ciphertext, record, isNewKey: checked !== undefined, isNewVersion: change.isNewVersion },
        this.options.maxKeysPerUser,
      );
      if (written) {
        this.#emit(checked ? 'replaced' : 'updated', scope, written, holder);
        if (save?.verdict.outcome === 'accepted') this.#emit('accepted', scope, written, holder);
        return this.#saved(scope, written, change.fields, checked?.warnings, isChecked);
      }
    }
    throw new KeyConflictError();
  }

  async setDefault(holder: KeyHolder, scope: KeyScope, slot: KeySlot): Promise<StoredKey> {
    const chosen = await this.storage.setDefault(scope, slot);
    if (!chosen) throw new KeyNotFoundError();
    this.#emit('updated', scope, chosen, holder);
    return this.descriptions.describe(scope, chosen);
  }

  /** What a record becomes. */
  async #changed(
    scope: KeyScope,
    read: ListedKey,
    changes: UpdateKeyOptions,
    apiKey: string | undefined,
  ): Promise<KeyContent & { expiresAt: Date | null; isNewVersion: boolean }> {
    const config = this.#configOf(read.provider);
    const stored = this.sealer.peek(scope, read);
    // What cannot be read can only be replaced as a whole; what cannot be read yet must not be.
    if (!stored && this.sealer.isWaiting) throw new EncryptionError();
    const key = apiKey ?? stored?.key;
    if (key === undefined) throw new EncryptionError();
    const fields = stored
      ? checkFieldChanges(stored.fields, changes.fields, config)
      : checkFields(changes.fields, config);
    const before = stored?.fields ?? {};
    const changed = [...new Set([...Object.keys(before), ...Object.keys(fields)])].filter(
      (name) => before[name] !== fields[name],
    );
    if (apiKey === undefined) refuseNewAddress(changed, config);
    if (changed.length > 0) await this.urls.check(fields, config);
    return {
      key,
      fields,
      expiresAt: this.#expiryOf(read, changes, apiKey !== undefined),
      isNewVersion: apiKey !== undefined || changed.length > 0,
    };
  }

  /** A key that is replaced after its expiry would be dead at once: it gets the default lifetime. */
  #expiryOf(read: ListedKey, { ttl, expiresAt }: UpdateKeyOptions, isNewKey: boolean): Date | null {
    if (ttl === undefined && expiresAt === undefined && !(isNewKey && read.expired)) return read.expiresAt;
    return checkExpiry({ ttl, expiresAt }, this.options.defaultTtl);
  }

  #configOf(provider: string): ProviderConfig | undefined {
    return this.options.providers[provider];
  }

  #emit(type: ByokEvent['type'], scope: KeyScope, { provider, label, keyId }: ListedKey, holder: KeyHolder): void {
    const { owner, source, actor } = scope;
    this.events.emit({ type, owner, source, actor, provider, label, keyId: keyId.toString('hex') }, holder);
  }
}

/** A page script that cannot read the key could otherwise have it sent somewhere else. */
function refuseNewAddress(changed: readonly string[], config: ProviderConfig | undefined): void {
  const address = changed.find((name) => {
    const field = config?.fields?.[name];
    return field?.type === 'url' || field?.inAddress === true;
  });
  if (address === undefined) return;
  throw new InvalidInputError(
    `The field ${address} decides where the key is sent. To change it, enter the key again.`,
    'keyAgain',
  );
}
