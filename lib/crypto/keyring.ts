import { ConfigurationError } from '../errors/index.js';
import type { RootSecret } from '../interfaces/index.js';
import { Redacted } from './redacted.js';
import { RootKey, type RootKeyHandles } from './root-key.js';
import { GENERATE_COMMAND, readRootSecret } from './root-secret.js';

/**
 * The keys of all given secrets. The first seals, all open.
 *
 * @internal
 */
export class Keyring extends Redacted {
  readonly #keys: readonly RootKey[];

  /** @throws {ConfigurationError} where a secret is missing, malformed or weak, or stands there twice */
  constructor(secret: RootSecret | readonly RootSecret[]) {
    super();
    const several = isSeveral(secret);
    const secrets = several ? [...secret] : [secret];
    if (secrets.length === 0) {
      throw new ConfigurationError(
        `The option 'secret' is an empty array. Put at least one secret into it, such as this command prints: ${GENERATE_COMMAND}`,
      );
    }
    const keys: RootKey[] = [];
    for (const [i, each] of secrets.entries()) {
      const key = new RootKey(readRootSecret(each, several ? `secret[${i}]` : 'secret'));
      const twin = keys.findIndex(({ id }) => id.equals(key.id));
      if (twin !== -1) {
        throw new ConfigurationError(
          `The options 'secret[${twin}]' and 'secret[${i}]' are the same secret. Take one of them away; a new one is what this command prints: ${GENERATE_COMMAND}`,
        );
      }
      keys.push(key);
    }
    this.#keys = keys;
  }

  /** The key that seals. */
  get first(): RootKey {
    return this.#keys[0];
  }

  get ids(): Buffer[] {
    return this.#keys.map(({ id }) => Buffer.from(id));
  }

  handles(): RootKeyHandles[] {
    return this.#keys.map((key) => key.handles());
  }

  find(keyId: Uint8Array): RootKey | undefined {
    return this.#keys.find(({ id }) => id.equals(keyId));
  }
}

function isSeveral(secret: RootSecret | readonly RootSecret[]): secret is readonly RootSecret[] {
  return Array.isArray(secret);
}
