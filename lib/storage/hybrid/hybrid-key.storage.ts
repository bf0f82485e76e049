import { Injectable } from '@nestjs/common';
import { UserRequiredError } from '../../errors/index.js';
import type {
  KeyCaller,
  KeyRecord,
  KeyScope,
  KeySlot,
  KeyStorage,
  ListedKey,
  PutResult,
  RemovedKey,
  RenewedKey,
  SealedKey,
} from '../key-storage.interface.js';
import { SessionKeyStorage } from '../session/session-key.storage.js';
import { TypeOrmKeyStorage } from '../typeorm/typeorm-key.storage.js';

/**
 * Signed-in users' keys in the database, anonymous visitors' in their session. Every key is in exactly one of them.
 *
 * @publicApi
 */
@Injectable()
export class HybridKeyStorage implements KeyStorage {
  constructor(
    private readonly session: SessionKeyStorage,
    private readonly database: TypeOrmKeyStorage,
  ) {}

  place(caller: KeyCaller): KeyScope {
    if (caller.userId !== undefined) return this.database.place(caller);
    if (!caller.session) throw new UserRequiredError('Sign in first: this request has neither a user nor a session.');
    return this.session.place(caller);
  }

  visitorPlace(caller: KeyCaller): KeyScope {
    return this.session.visitorPlace(caller);
  }

  put(place: KeyScope, record: KeyRecord, limit: number): Promise<PutResult> {
    return this.#of(place).put(place, record, limit);
  }

  putIfAbsent(place: KeyScope, record: KeyRecord, limit: number): Promise<boolean> {
    return this.#of(place).putIfAbsent(place, record, limit);
  }

  read(place: KeyScope, slots: readonly KeySlot[], isAbandoned?: () => boolean): Promise<(SealedKey | null)[]> {
    return this.#of(place).read(place, slots, isAbandoned);
  }

  noteUse(place: KeyScope, slot: KeySlot): void {
    this.#of(place).noteUse(place, slot);
  }

  async renew(place: KeyScope, slot: KeySlot, read: SealedKey, renewed: RenewedKey): Promise<boolean> {
    return place.source === 'session' && this.session.renew(place, slot, read, renewed);
  }

  list(place: KeyScope): Promise<ListedKey[]> {
    return this.#of(place).list(place);
  }

  readAll(place: KeyScope): Promise<ListedKey[]> {
    return this.#of(place).readAll(place);
  }

  delete(place: KeyScope, slot: KeySlot): Promise<boolean> {
    return this.#of(place).delete(place, slot);
  }

  clear(place: KeyScope): Promise<RemovedKey[]> {
    return this.#of(place).clear(place);
  }

  deleteExpired(place: KeyScope): Promise<RemovedKey[]> {
    return this.#of(place).deleteExpired(place);
  }

  deleteAllExpired(options?: { ifFree?: boolean }): AsyncIterable<RemovedKey[]> {
    return this.database.deleteAllExpired(options);
  }

  #of(place: KeyScope): KeyStorage {
    return place.source === 'database' ? this.database : this.session;
  }
}
