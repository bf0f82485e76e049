import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { KeyChecks } from '../checks/index.js';
import { InvalidKeyError, KeyConflictError } from '../errors/index.js';
import type { KeyVerdict, ResolvedByokOptions } from '../interfaces/index.js';
import {
  hasEnded,
  type KeyRecord,
  type KeyScope,
  type KeySlot,
  KeyStorage,
  type ListedKey,
  type PutResult,
  type RecordVerdict,
} from '../storage/index.js';
import { createKey, refuseTaken } from './create-key.js';

/** Times that a write is tried while a record is sealed anew. */
const ATTEMPTS = 3;

/** A save whose key was checked. @internal */
export interface CheckedSave {
  readonly verdict: RecordVerdict;
  /** @throws KeyConflictError unless the record is what it was before the check, sealed anew at most, and the session lives */
  requireUnchanged(now: ListedKey | null): Promise<void>;
}

/** A new key, as far as a check concerns it. @internal */
export interface NewKey {
  apiKey: string;
  fields: Record<string, string>;
  seal: (verdict: RecordVerdict) => KeyRecord;
}

/**
 * Saves that ask the provider first. Nothing is held while they wait, so what they would write over may be another key by
 * then: a slow save must not undo a later one, nor bring back what was deleted.
 *
 * @internal
 */
@Injectable()
export class CheckedSaves {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly checks: KeyChecks,
  ) {}

  /**
   * Checks a key that is to take the place of a record, or of none.
   *
   * @throws InvalidKeyError if the provider refuses it
   */
  async check(
    { session }: KeyScope,
    provider: string,
    before: ListedKey | null,
    apiKey: string,
    fields: Record<string, string>,
  ): Promise<CheckedSave> {
    const lives = session !== undefined && !(await hasEnded(session));
    const verdict = await this.checks.run(provider, apiKey, fields);
    if (verdict.outcome === 'refused') throw this.#refused(provider, verdict);
    return {
      verdict: { outcome: verdict.outcome, reason: verdict.reason ?? null, by: 'check' },
      requireUnchanged: async (now) => {
        if (!isSameVersion(before, now) || (lives && (await hasEnded(session)))) throw new KeyConflictError();
      },
    };
  }

  /**
   * Checks a key, then writes it if its slot is as it was.
   *
   * @throws InvalidKeyError, KeyConflictError, KeyLimitError, or InvalidInputError if the slot is taken
   */
  async save(scope: KeyScope, slot: KeySlot, ifAbsent: boolean, key: NewKey): Promise<PutResult> {
    const before = await this.storage.readRecord(scope, slot);
    if (ifAbsent) refuseTaken(before);
    const save = await this.check(scope, slot.provider, before, key.apiKey, key.fields);
    const { maxKeysPerUser } = this.options;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const now = await this.storage.readRecord(scope, slot);
      await save.requireUnchanged(now);
      const record = key.seal(save.verdict);
      if (!now || (ifAbsent && now.expired)) {
        return await createKey(this.storage, scope, record, maxKeysPerUser, (stored) => {
          if (stored && !stored.expired) throw new KeyConflictError();
        });
      }
      const change = { slot, read: now.ciphertext, record, isNewKey: true, isNewVersion: true };
      const written = await this.storage.update(scope, change, maxKeysPerUser);
      if (written) return { record: written, replaced: true };
    }
    throw new KeyConflictError();
  }

  #refused(provider: string, { reason }: KeyVerdict): InvalidKeyError {
    const name = this.options.providers[provider]?.name ?? provider;
    return new InvalidKeyError(
      `${name} refused this key, so it was not stored. Copy it again, or create a new one there.`,
      'refused',
      reason,
    );
  }
}

function isSameVersion(before: ListedKey | null, now: ListedKey | null): boolean {
  if (!before || !now) return before === now;
  return (
    before.createdAt.getTime() === now.createdAt.getTime() &&
    before.updatedAt.getTime() === now.updatedAt.getTime() &&
    before.expiresAt?.getTime() === now.expiresAt?.getTime()
  );
}
