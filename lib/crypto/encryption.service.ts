import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { types } from 'node:util';
import { ConfigurationError, EncryptionError } from '../errors/index.js';
import type { RootSecret } from '../interfaces/index.js';
import { Redacted } from '../logging/index.js';
import { isCommittedTo, keyIdOf, keyIdOffset, MAX_PLAINTEXT, open, seal } from './envelope.js';
import { Keyring } from './keyring.js';
import { pad, unpaddedLength } from './padding.js';
import type { RootKey, RootKeyHandles } from './root-key.js';
import { GENERATED_PREFIX } from './root-secret.js';
import { SaltPool } from './salt-pool.js';
import type { SealContext } from './seal-context.interface.js';

const CANARY_TEXT = 'byok';

/**
 * Seals texts and opens them again. Each record has a key of its own, derived from the root secret, a random salt and
 * the context; it opens with exactly the context it was sealed with.
 *
 * Every failure is one `EncryptionError`, whatever its reason.
 *
 * @example
 * ```ts
 * const encryption = new EncryptionService(process.env.BYOK_SECRET!);
 * const sealed = encryption.encrypt(text, context);
 * encryption.decrypt(sealed, context) === text; // true
 * ```
 *
 * @publicApi
 */
export class EncryptionService extends Redacted {
  readonly #keyring: Keyring;
  readonly #salts = new SaltPool();

  /**
   * @param secret - Of several, the first encrypts and all decrypt.
   * @throws ConfigurationError if a secret is missing, malformed, weak or repeated
   */
  constructor(secret: RootSecret | readonly RootSecret[]);
  /** With a keyring that gets further keys later. @internal */
  constructor(secret: RootSecret | readonly RootSecret[] | Keyring);
  constructor(secret: RootSecret | readonly RootSecret[] | Keyring) {
    super();
    this.#keyring = secret instanceof Keyring ? secret : new Keyring(secret);
    if (!(secret instanceof Keyring) && this.#keyring.isWaiting) {
      throw new ConfigurationError('A KeyWrapper works in ByokModule only, which keeps what it wraps in the database.');
    }
  }

  /** A new root secret: 32 random bytes as text, to be kept outside of the code. */
  static generateSecret(): string {
    return GENERATED_PREFIX + randomBytes(32).toString('base64url');
  }

  /**
   * @param text - Well-formed Unicode, a little less than 1 MiB at most.
   * @throws EncryptionError
   */
  encrypt(text: string, context: SealContext): Buffer {
    return quietly(() => this.#seal(this.#keyring.first, text, context));
  }

  /**
   * The text as it was given to `encrypt`.
   *
   * @throws EncryptionError if the key is not among the given secrets, the context is another one, or a byte was
   * changed
   */
  decrypt(sealed: Uint8Array, context: SealContext): string {
    // As in `quietly`, without a closure: this is the hot path.
    try {
      const record = bytesOf(sealed);
      return this.#open(this.#keyOf(record), record, context);
    } catch {
      throw new EncryptionError();
    }
  }

  /**
   * The same text in a record of the first secret, with a salt of its own.
   *
   * @throws EncryptionError as `decrypt` does
   */
  reencrypt(sealed: Uint8Array, context: SealContext): Buffer {
    return quietly(() => {
      const record = bytesOf(sealed);
      const padded = open(this.#keyOf(record), record, context);
      try {
        unpaddedLength(padded);
        return seal(this.#keyring.first, this.#salts, padded, context);
      } finally {
        padded.fill(0);
      }
    });
  }

  /** Whether the record is of the first secret, so that `reencrypt` is not needed. */
  isCurrent(sealed: Uint8Array): boolean {
    return possible(() => {
      const record = bytesOf(sealed);
      return this.#keyring.first.hasId(record, keyIdOffset(record));
    });
  }

  /**
   * Whether a given secret and the context are those of the record, without decrypting it.
   *
   * @param sealed - The record, or its first 74 bytes.
   * @throws EncryptionError while keys that are held elsewhere are waited for, and one of them may be it
   */
  isReadable(sealed: Uint8Array, context: SealContext): boolean {
    const readable = possible(() => {
      const record = bytesOf(sealed);
      return isCommittedTo(this.#keyOf(record), record, context);
    });
    if (!readable && this.isWaiting) throw new EncryptionError();
    return readable;
  }

  /**
   * 16 bytes that are the same for the same key of the same provider, and tell nothing to anybody without the first secret.
   *
   * @throws EncryptionError if the provider or the key is not well-formed text
   */
  fingerprint(provider: string, apiKey: string): Buffer {
    return quietly(() => {
      if (typeof provider !== 'string' || typeof apiKey !== 'string') throw new EncryptionError();
      // A NUL in the provider would blur where it ends.
      if (!provider.isWellFormed() || provider.includes('\0') || !apiKey.isWellFormed()) throw new EncryptionError();
      return this.#keyring.first.fingerprint(provider, apiKey);
    });
  }

  /** Whether the key that seals is there. @internal */
  get canSeal(): boolean {
    return this.#keyring.canSeal;
  }

  /** Whether keys that are held elsewhere are not there yet. @internal */
  get isWaiting(): boolean {
    return this.#keyring.isWaiting;
  }

  /** The id of the secret that seals. @throws EncryptionError while it is waited for @internal */
  get keyId(): Buffer {
    return Buffer.from(this.#keyring.first.id);
  }

  /** The ids of all given secrets, in their order. @internal */
  get keyIds(): Buffer[] {
    return this.#keyring.ids;
  }

  /** What a `RecordReencryptor` needs, in a worker thread or here. @internal */
  handles(): RootKeyHandles[] {
    return this.#keyring.handles();
  }

  /** The id of the secret that sealed the record, given here or not. @throws EncryptionError @internal */
  keyIdOf(sealed: Uint8Array): Buffer {
    return quietly(() => Buffer.from(keyIdOf(bytesOf(sealed))));
  }

  /** A known text, sealed with that key: who can open it has the right secret. @throws EncryptionError @internal */
  canary(keyId: Uint8Array): Buffer {
    return quietly(() => this.#seal(this.#keyWith(keyId), CANARY_TEXT, canaryContext(keyId)));
  }

  /** @internal */
  opensCanary(keyId: Uint8Array, sealed: Uint8Array): boolean {
    return possible(() => {
      const record = bytesOf(sealed);
      const key = this.#keyWith(keyId);
      return key === this.#keyOf(record) && this.#open(key, record, canaryContext(keyId)) === CANARY_TEXT;
    });
  }

  #seal(key: RootKey, text: string, context: SealContext): Buffer {
    const padded = pad(text, MAX_PLAINTEXT);
    try {
      return seal(key, this.#salts, padded, context);
    } finally {
      padded.fill(0);
    }
  }

  #open(key: RootKey, record: Buffer, context: SealContext): string {
    const padded = open(key, record, context);
    try {
      const length = unpaddedLength(padded);
      const text = padded.toString('utf8', 0, length);
      // What is no UTF-8 becomes U+FFFD, which may stand in a text too. Few texts have it, so few are looked at twice.
      if (text.includes('\ufffd') && !isUtf8(padded.subarray(0, length))) throw new EncryptionError();
      return text;
    } finally {
      padded.fill(0);
    }
  }

  #keyOf(record: Buffer): RootKey {
    return this.#keyWith(record, keyIdOffset(record));
  }

  #keyWith(bytes: Uint8Array, offset = 0): RootKey {
    const key = this.#keyring.find(bytes, offset);
    if (!key) throw new EncryptionError();
    return key;
  }
}

function canaryContext(keyId: Uint8Array): SealContext {
  const ownerId = Buffer.from(keyId).toString('hex');
  return { purpose: 'canary', ownerKind: 'byok', ownerId, provider: '', label: '', expiresAt: null };
}

function bytesOf(sealed: Uint8Array): Buffer {
  if (Buffer.isBuffer(sealed)) return sealed;
  if (!types.isUint8Array(sealed)) throw new EncryptionError();
  return Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
}

/** Node's own errors tell reasons apart, and a wrong type is a TypeError: neither gets out. */
function quietly<T>(work: () => T): T {
  try {
    return work();
  } catch {
    throw new EncryptionError();
  }
}

function possible(work: () => boolean): boolean {
  try {
    return work();
  } catch {
    return false;
  }
}
