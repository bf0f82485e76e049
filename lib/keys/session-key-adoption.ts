import { Inject, Injectable } from '@nestjs/common';
import { KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { InvalidInputError, UserRequiredError } from '../errors/index.js';
import { CallerResolver } from '../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { endedSession, KeyStorage } from '../storage/index.js';
import { KeySealer } from './key-sealer.js';

/**
 * Moves a visitor's keys to where signed-in users' keys are, see `ByokService.adoptSessionKeys`.
 *
 * @internal
 */
@Injectable()
export class SessionKeyAdoption {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly callers: CallerResolver,
    private readonly sealer: KeySealer,
    private readonly events: KeyEvents,
  ) {}

  async adopt(request: ByokRequest, from: unknown): Promise<number> {
    const caller = await this.callers.caller(request);
    if (caller.userId === undefined) throw new UserRequiredError('Sign the user in before adopting their keys.');
    const session = from === undefined ? caller.session : endedSession(from, request);
    if (from !== undefined && !session) {
      throw new InvalidInputError('from must be the session object as it was, or a copy that has its id.');
    }
    if (!session) return 0;
    const visitor = this.storage.visitorScopeOf({ userId: undefined, session });
    if (!visitor) return 0;
    const scope = this.storage.scopeOf(caller);
    const records = await this.storage.readAll(visitor);
    // A key that somebody planted in the visitor's session must not become the one that is used.
    if (records.length > 0)
      await this.storage.pinDefaults(scope, [...new Set(records.map(({ provider }) => provider))]);
    let moved = 0;
    for (const record of records) {
      const resealed = this.sealer.reseal(visitor, scope, record);
      if (!resealed || !(await this.storage.putIfAbsent(scope, resealed, this.options.maxKeysPerUser))) continue;
      await this.storage.delete(visitor, record);
      const { owner, source } = scope;
      const keyId = resealed.keyId.toString('hex');
      this.events.emit(
        { type: 'stored', owner, source, provider: record.provider, label: record.label, keyId },
        request,
      );
      moved++;
    }
    return moved;
  }
}
