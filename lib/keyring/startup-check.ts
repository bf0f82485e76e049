import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { EncryptionService } from '../crypto/index.js';
import { explainStart } from '../database/index.js';
import { ConfigurationError } from '../errors/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { inspectKeyring, KEYRING_FAULTS, type KeyringFault, keyringFault } from './inspect-keyring.js';
import { KeyringTable } from './keyring-table.js';
import { WrappedRootKeys } from './wrapped-root-keys.js';

const SECRETS = "the array 'secret'";

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
    private readonly roots: WrappedRootKeys,
  ) {}

  /** @throws ConfigurationError */
  async onModuleInit(): Promise<void> {
    try {
      await this.#check();
    } catch (error) {
      throw explainStart(error);
    }
  }

  async #check(): Promise<void> {
    // Only now: a connection of the application's exists after everything is constructed.
    const waiting = new Set((await this.roots.open()).map((keyId) => keyId.toString('hex')));
    if (this.options.storage === 'session') return;
    const registered = await this.registry.registered();
    const fault = keyringFault(inspectKeyring(registered, [], this.encryption, waiting), SECRETS);
    if (fault) throw refusal(fault);
    // One that is waited for is in the keyring already.
    if (!this.encryption.canSeal) return;
    const { keyId } = this.encryption;
    // A key that is retired at this moment is found out here.
    if (!(await this.registry.register(keyId, this.encryption.canary(keyId)))) {
      throw refusal(KEYRING_FAULTS.retired(keyId.toString('hex')));
    }
  }
}

function refusal({ message, advice }: KeyringFault): ConfigurationError {
  return new ConfigurationError(`${message} ${advice} Nothing was changed.`);
}
