import { isUtf8 } from 'node:buffer';
import { EncryptionError } from '../errors/index.js';
import { Redacted } from '../logging/index.js';
import { keyIdOffset, open, seal } from './envelope.js';
import { unpaddedLength } from './padding.js';
import { RootKey, type RootKeyHandles } from './root-key.js';
import { SaltPool } from './salt-pool.js';
import type { SealContext } from './seal-context.interface.js';

/** Where in a record's plaintext the API key is. @internal */
export type ApiKeyFinder = (text: Buffer) => Uint8Array | string;

/**
 * Moves records to the first secret, one after the other. The plaintext is in one buffer, which is wiped.
 *
 * @internal
 */
export class RecordReencryptor extends Redacted {
  readonly #keys: readonly RootKey[];
  readonly #salts = new SaltPool();

  /** @param handles - Those of all given secrets, the one that seals first. */
  constructor(
    handles: readonly RootKeyHandles[],
    private readonly apiKeyIn: ApiKeyFinder,
  ) {
    super();
    this.#keys = handles.map((each) => new RootKey(each));
  }

  /**
   * The same text in a record of the first secret, as long as the old one, and the fingerprint that belongs to it.
   *
   * @throws EncryptionError as `EncryptionService.decrypt` does
   */
  reseal(sealed: Buffer, context: SealContext): { sealed: Buffer; fingerprint: Buffer } {
    const [first] = this.#keys;
    return this.#opened(sealed, context, (padded, apiKey) => ({
      sealed: seal(first, this.#salts, padded, context),
      fingerprint: first.fingerprint(context.provider, apiKey),
    }));
  }

  /** Whether the record opens and holds what it should. */
  opens(sealed: Buffer, context: SealContext): boolean {
    try {
      return this.#opened(sealed, context, () => true);
    } catch {
      return false;
    }
  }

  /** Whether the record is of the first secret. */
  isCurrent(sealed: Buffer): boolean {
    try {
      return this.#keys[0].hasId(sealed, keyIdOffset(sealed));
    } catch {
      return false;
    }
  }

  #opened<T>(sealed: Buffer, context: SealContext, work: (padded: Buffer, apiKey: Uint8Array | string) => T): T {
    let padded: Buffer | undefined;
    try {
      const offset = keyIdOffset(sealed);
      const key = this.#keys.find((each) => each.hasId(sealed, offset));
      if (!key) throw new EncryptionError();
      padded = open(key, sealed, context);
      const text = padded.subarray(0, unpaddedLength(padded));
      if (!isUtf8(text)) throw new EncryptionError();
      return work(padded, this.apiKeyIn(text));
    } catch {
      // Node's own errors, and those of a JSON parser, tell more than anybody should know.
      throw new EncryptionError();
    } finally {
      padded?.fill(0);
    }
  }
}
