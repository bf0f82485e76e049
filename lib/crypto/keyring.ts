import { ConfigurationError, EncryptionError } from '../errors/index.js';
import type { KeyWrapper, SecretOption } from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';
import { RootKey, type RootKeyHandles } from './root-key.js';
import { GENERATE_COMMAND, readRootSecret } from './root-secret.js';

/**
 * The keys of all given secrets. The first seals, all open.
 *
 * Those of wrappers come when their service has been asked. Until then the keyring is waiting: it opens with what it
 * has, and where a wrapper is first, it does not seal with a secret behind it.
 *
 * @internal
 */
export class Keyring extends Redacted {
  readonly #before: RootKey[] = [];
  readonly #behind: RootKey[] = [];
  readonly #wrappers: KeyWrapper[] = [];
  #roots: readonly RootKey[] = [];
  #keys: readonly RootKey[];
  #isWaiting: boolean;

  /** @throws ConfigurationError if a secret is missing, malformed or weak, or stands there twice */
  constructor(secret: SecretOption | readonly SecretOption[]) {
    super();
    const several = isSeveral(secret);
    const secrets = several ? [...secret] : [secret];
    if (secrets.length === 0) {
      throw new ConfigurationError(
        `The option 'secret' is an empty array. Put at least one secret into it, such as this command prints: ${GENERATE_COMMAND}`,
      );
    }
    const ids = new Map<string, number>();
    for (const [i, each] of secrets.entries()) {
      const id = this.#add(each, several ? `secret[${i}]` : 'secret');
      const twin = ids.get(id);
      if (twin !== undefined) {
        throw new ConfigurationError(
          isWrapper(each)
            ? `The wrappers 'secret[${twin}]' and 'secret[${i}]' have the same id. Take one of them away, or give one another id.`
            : `The options 'secret[${twin}]' and 'secret[${i}]' are the same secret. Take one of them away; a new one is what this command prints: ${GENERATE_COMMAND}`,
        );
      }
      ids.set(id, i);
    }
    this.#isWaiting = this.#wrappers.length > 0;
    this.#keys = [...this.#before, ...this.#behind];
  }

  /** The key that seals. @throws EncryptionError while it is waited for */
  get first(): RootKey {
    if (!this.canSeal) throw new EncryptionError();
    return this.#keys[0];
  }

  /** Whether there are wrappers whose keys are not there yet. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  get canSeal(): boolean {
    return !this.#isWaiting || this.#before.length > 0;
  }

  /** In the order in which they were given. */
  get wrappers(): readonly KeyWrapper[] {
    return this.#wrappers;
  }

  get ids(): Buffer[] {
    return this.#keys.map(({ id }) => Buffer.from(id));
  }

  /** @throws EncryptionError while a key is waited for: without it, rows would be taken for unreadable */
  handles(): RootKeyHandles[] {
    if (this.#isWaiting) throw new EncryptionError();
    return this.#keys.map((key) => key.handles());
  }

  /** The key whose id stands there. */
  find(bytes: Uint8Array, offset = 0): RootKey | undefined {
    for (const key of this.#keys) if (key.hasId(bytes, offset)) return key;
    return undefined;
  }

  /** Puts what the wrappers keep in the first wrapper's place. */
  putRoots(roots: readonly RootKey[]): void {
    this.#roots = roots;
    this.#keys = [...this.#before, ...this.#roots, ...this.#behind];
    this.#isWaiting = false;
  }

  /** What no other entry may have too. */
  #add(secret: SecretOption, name: string): string {
    if (isWrapper(secret)) {
      if (typeof secret.id !== 'string' || !/^[\x20-\x7e]{1,512}$/.test(secret.id)) {
        throw new ConfigurationError(`The id of the wrapper '${name}' must be 1 to 512 printable ASCII characters.`);
      }
      this.#wrappers.push(secret);
      return `wrapper ${secret.id}`;
    }
    const key = new RootKey(readRootSecret(secret, name));
    (this.#wrappers.length === 0 ? this.#before : this.#behind).push(key);
    return `key ${key.id.toString('hex')}`;
  }
}

function isSeveral(secret: SecretOption | readonly SecretOption[]): secret is readonly SecretOption[] {
  return Array.isArray(secret);
}

/** Whether a key management service keeps it. Of what has not been looked at yet too: it may be of any type. @internal */
export function isWrapper(secret: SecretOption): secret is KeyWrapper {
  const { wrap, unwrap } = (secret ?? {}) as Partial<KeyWrapper>;
  return typeof wrap === 'function' && typeof unwrap === 'function';
}
