import { Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { EncryptionService, maskKey, type SealContext } from '../crypto/index.js';
import { EncryptionError } from '../errors/index.js';
import type { KeyHolder } from '../interfaces/index.js';
import type { FoundKey, KeyRecord, KeyScope, KeySlot, ListedKey, SealedKey } from '../storage/index.js';
import { KeyUse, KeyUses } from './key-uses.js';
import { ResolvedApiKey } from './resolved-api-key.js';

const NO_FIELDS: Record<string, string> = Object.freeze({});

/** What is sealed. @internal */
export interface KeyContent {
  key: string;
  fields: Record<string, string>;
}

/**
 * Where encryption and storage meet: turns a key into a record of a place and back.
 *
 * @internal
 */
@Injectable()
export class KeySealer {
  constructor(
    private readonly encryption: EncryptionService,
    private readonly events: KeyEvents,
    private readonly uses: KeyUses,
  ) {}

  seal(
    place: KeyScope,
    slot: KeySlot,
    apiKey: string,
    fields: Record<string, string>,
    expiresAt: Date | null,
  ): KeyRecord {
    return sealKey(this.encryption, place, slot, { key: apiKey, fields }, expiresAt);
  }

  /** @throws EncryptionError */
  open(place: KeyScope, slot: KeySlot, sealed: FoundKey, holder: KeyHolder): ResolvedApiKey {
    const { provider, label } = slot;
    const { owner, source, actor } = place;
    try {
      const { key, fields } = this.#decrypt(place, slot, sealed);
      if (this.events.isHeard) this.events.emit({ type: 'used', owner, source, actor, provider, label }, holder);
      const use = new KeyUse(this.uses, { scope: place, found: sealed }, actor, holder);
      return new ResolvedApiKey(provider, label, key, fields, source, sealed.expiresAt, owner, use);
    } catch (error) {
      this.events.emit({ type: 'decryptFailed', owner, source, actor, provider, label }, holder);
      throw error;
    }
  }

  /** The same key as a record of another place, `null` where it cannot be read. */
  reseal(from: KeyScope, to: KeyScope, record: ListedKey): KeyRecord | null {
    const { provider, label, expiresAt } = record;
    try {
      const { key, fields } = this.#decrypt(from, record, record);
      return this.seal(to, { provider, label }, key, fields, expiresAt);
    } catch (error) {
      // While its key is only waited for, a visitor's record must not be left behind.
      if (error instanceof EncryptionError && !this.encryption.isWaiting) return null;
      throw error;
    }
  }

  /** Whether the encryption key of a key management service has not arrived yet: nothing can be read so far. */
  get isWaiting(): boolean {
    return this.encryption.isWaiting;
  }

  /** A key and its fields, without reporting a use; `null` if it cannot be read. */
  peek(place: KeyScope, record: ListedKey): KeyContent | null {
    try {
      return this.#decrypt(place, record, record);
    } catch (error) {
      if (error instanceof EncryptionError) return null;
      throw error;
    }
  }

  /** Whether one of the given secrets opens a record, of which the start is enough. */
  isReadable(place: KeyScope, record: ListedKey): boolean {
    return this.encryption.isReadable(record.ciphertext, contextOf(place, record, record.expiresAt));
  }

  #decrypt(place: KeyScope, slot: KeySlot, sealed: SealedKey): KeyContent {
    const text = this.encryption.decrypt(sealed.ciphertext, contextOf(place, slot, sealed.expiresAt));
    let content: { v?: unknown; key?: unknown; fields?: Record<string, string> };
    try {
      content = JSON.parse(text) as typeof content;
    } catch {
      // The parser's own error quotes the text.
      throw new EncryptionError();
    }
    if (content?.v !== 1 || typeof content.key !== 'string') throw new EncryptionError();
    return { key: content.key, fields: content.fields ?? NO_FIELDS };
  }
}

/** The record of a key. @internal */
export function sealKey(
  encryption: EncryptionService,
  place: KeyScope,
  slot: KeySlot,
  { key, fields }: KeyContent,
  expiresAt: Date | null,
): KeyRecord {
  const fieldNames = Object.keys(fields);
  const text = JSON.stringify({ v: 1, key, ...(fieldNames.length > 0 && { fields }) });
  const ciphertext = encryption.encrypt(text, contextOf(place, slot, expiresAt));
  return {
    ...slot,
    ciphertext,
    expiresAt,
    keyId: encryption.keyIdOf(ciphertext),
    hint: maskKey(key),
    fingerprint: encryption.fingerprint(slot.provider, key),
    fieldNames,
  };
}

function contextOf({ source, owner }: KeyScope, { provider, label }: KeySlot, expiresAt: Date | null): SealContext {
  return { purpose: source, ownerKind: owner.kind, ownerId: owner.id, provider, label, expiresAt };
}
