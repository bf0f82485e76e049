import { Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { EncryptionService } from '../crypto/index.js';
import { type KeyScope, KeyStorage, type SealedKey } from '../storage/index.js';
import type { ResolvedApiKey } from './resolved-api-key.js';

/** A record as it was read, and the key that was in it. @internal */
export type ReadKey = readonly [read: SealedKey, key: ResolvedApiKey];

/**
 * Moves a record to the first secret when it is read, for storages that nobody can go through, such as sessions. (Rows
 * of the database are what `RotationService` is for.)
 *
 * @internal
 */
@Injectable()
export class SessionReencryption {
  constructor(
    private readonly encryption: EncryptionService,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly events: KeyEvents,
  ) {}

  /** Never fails: the key was read, and is renewed the next time. */
  async renew(place: KeyScope, [read, key]: ReadKey): Promise<void> {
    const { encryption, storage } = this;
    if (!storage.renew || encryption.isCurrent(read.ciphertext)) return;
    const { owner, source } = place;
    const { provider, label } = key;
    try {
      const context = { purpose: source, ownerKind: owner.kind, ownerId: owner.id, provider, label };
      const ciphertext = encryption.reencrypt(read.ciphertext, { ...context, expiresAt: read.expiresAt });
      const fingerprint = encryption.fingerprint(provider, key.apiKey);
      const { keyId } = encryption;
      if (!(await storage.renew(place, { provider, label }, read, { ciphertext, fingerprint, keyId }))) return;
      this.events.emit({ type: 'rotated', owner, source, provider, label, keyId: keyId.toString('hex') });
    } catch {
      // As told above.
    }
  }
}
