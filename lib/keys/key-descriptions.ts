import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ResolvedByokOptions, StoredKey } from '../interfaces/index.js';
import { type KeyScope, KeyStorage, type ListedKey } from '../storage/index.js';
import { KeySealer } from './key-sealer.js';

type Fields = Readonly<Record<string, string>>;

/**
 * Describes stored keys to their owner. A key is opened only if its provider has fields that are not secret: their values
 * stand nowhere but in the ciphertext, where nobody else can change them.
 *
 * @internal
 */
@Injectable()
export class KeyDescriptions {
  readonly #visible: ReadonlyMap<string, readonly string[]>;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly sealer: KeySealer,
  ) {
    const visible = Object.entries(options.providers).map(
      ([provider, { fields = {} }]) =>
        [provider, Object.keys(fields).filter((name) => fields[name].visible === true)] as const,
    );
    this.#visible = new Map(visible.filter(([, names]) => names.length > 0));
  }

  /** All of the owner's keys by provider and label. */
  async list(scope: KeyScope): Promise<StoredKey[]> {
    const records = await this.storage.list(scope, [...this.#visible.keys()]);
    return records.map((record) => this.describe(scope, record));
  }

  /** A record as it was read, whole if its provider has fields that are not secret. */
  describe(scope: KeyScope, record: ListedKey): StoredKey {
    const fields = this.#visible.has(record.provider) ? this.sealer.peek(scope, record)?.fields : undefined;
    return this.#describe(scope, record, fields, this.sealer.isReadable(scope, record));
  }

  /** A key that was sealed or opened here a moment ago, with its fields. */
  of(scope: KeyScope, record: ListedKey, fields: Fields): StoredKey {
    return this.#describe(scope, record, fields, true);
  }

  #describe({ source }: KeyScope, record: ListedKey, fields: Fields = {}, isReadable: boolean): StoredKey {
    const { provider, label, isDefault, hint, createdAt, updatedAt, expiresAt, lastUsedAt } = record;
    const visible = (this.#visible.get(provider) ?? []).filter((name) => Object.hasOwn(fields, name));
    return {
      provider,
      label,
      isDefault,
      hint,
      fingerprint: record.fingerprint.toString('hex'),
      fieldNames: [...record.fieldNames],
      visibleFields: Object.fromEntries(visible.map((name) => [name, fields[name]])),
      createdAt,
      updatedAt,
      expiresAt,
      lastUsedAt,
      lastCheck: record.lastCheck,
      source,
      ...noticeOf(record, this.options.notices),
      status: record.expired ? 'expired' : isReadable ? 'active' : 'unreadable',
    };
  }
}

/** What the option says of a key that can be used. */
function noticeOf(
  { expired, expiresAt, updatedAt, lastUsedAt }: ListedKey,
  notices: ResolvedByokOptions['notices'],
): Pick<StoredKey, 'notice'> {
  if (!notices || expired) return {};
  const now = Date.now();
  const { expiringWithin, unusedFor } = notices;
  if (expiringWithin !== null && expiresAt && expiresAt.getTime() - now <= expiringWithin)
    return { notice: 'expiring' };
  const since = Math.max(updatedAt.getTime(), lastUsedAt?.getTime() ?? 0);
  return unusedFor !== null && now - since >= unusedFor ? { notice: 'unused' } : {};
}
