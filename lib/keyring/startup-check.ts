import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { EncryptionService, Keyring } from '../crypto/index.js';
import { ConfigurationError } from '../errors/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { findKeyringMismatches } from './keyring-check.js';
import { KeyringTable } from './keyring-table.js';
import { WrappedRootKeys } from './wrapped-root-keys.js';

/**
 * Refuses to start where the given secrets are not those the database's rows are sealed with. Only when all is well
 * it writes anything: the id of the key that seals, for rows to refer to.
 *
 * @internal
 */
@Injectable()
export class StartupCheck implements OnModuleInit {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly encryption: EncryptionService,
    private readonly registry: KeyringTable,
    private readonly keyring: Keyring,
    private readonly roots: WrappedRootKeys,
  ) {}

  /** @throws ConfigurationError */
  async onModuleInit(): Promise<void> {
    // Only now: a connection of the application's exists after everything is constructed.
    const waiting = new Set((await this.roots.open()).map((keyId) => keyId.toString('hex')));
    if (this.options.storage === 'session') return;
    const [fault] = findKeyringMismatches(await this.registry.registered(), this.encryption, waiting);
    if (fault !== undefined) {
      throw new ConfigurationError(
        `Stored keys are sealed with a secret that is not given (key id ${fault}). Add that secret to the array 'secret', behind the new one; nothing was changed.`,
      );
    }
    // One that is waited for is in the keyring already.
    if (!this.keyring.canSeal) return;
    const { keyId } = this.encryption;
    if (!(await this.registry.register(keyId, this.encryption.canary(keyId)))) {
      throw new ConfigurationError(
        `The first secret (key id ${keyId.toString('hex')}) is retired and must not seal again. Put a newer one in front of it, or take it away.`,
      );
    }
  }
}
