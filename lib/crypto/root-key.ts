import { createSecretKey, type KeyObject } from 'node:crypto';
import { Redacted } from '../logging/index.js';
import { expand, hkdf, hmacSha256 } from './derivation.js';

/** Bytes of a key id. @internal */
export const KEY_ID_LENGTH = 8;

const FINGERPRINT_LENGTH = 16;

/**
 * A root key as it may be posted to a worker thread of this process: handles of keys that stay outside JavaScript's
 * memory, from which the root secret cannot be told.
 *
 * @internal
 */
export interface RootKeyHandles {
  id: Uint8Array;
  recordKey: KeyObject;
  fingerprintKey: KeyObject;
}

/**
 * What is derived from one root secret. The secret itself is not kept.
 *
 * @internal
 */
export class RootKey extends Redacted {
  /** Says which secret sealed a record. Not secret. */
  readonly id: Buffer;
  readonly #recordKey: KeyObject;
  readonly #fingerprintKey: KeyObject;

  /** @param secret - 32 or more bytes, wiped when what is needed has been derived from them; or what was derived before. */
  constructor(secret: Buffer | RootKeyHandles) {
    super();
    if (!Buffer.isBuffer(secret)) {
      this.id = Buffer.from(secret.id);
      this.#fingerprintKey = secret.fingerprintKey;
      this.#recordKey = secret.recordKey;
      return;
    }
    this.id = hkdf(secret, 'byok/v1/key-id', KEY_ID_LENGTH);
    this.#fingerprintKey = keyFrom(hkdf(secret, 'byok/v1/fingerprint', 32));
    this.#recordKey = keyFrom(hkdf(secret, 'byok/v1/record', 64));
    secret.fill(0);
  }

  /** Whether its id stands there: by hand, since to call `equals` with a part of a record takes longer than to look. */
  hasId(bytes: Uint8Array, offset = 0): boolean {
    for (let i = 0; i < KEY_ID_LENGTH; i++) if (bytes[offset + i] !== this.id[i]) return false;
    return true;
  }

  /** 64 bytes of a record's own. */
  derive(infoAndOne: Uint8Array): Buffer {
    return expand(this.#recordKey, infoAndOne);
  }

  /** @param apiKey - A text, or its UTF-8. */
  fingerprint(provider: string, apiKey: string | Uint8Array): Buffer {
    return hmacSha256(this.#fingerprintKey, `${provider}\0`, apiKey).subarray(0, FINGERPRINT_LENGTH);
  }

  handles(): RootKeyHandles {
    return { id: Buffer.from(this.id), recordKey: this.#recordKey, fingerprintKey: this.#fingerprintKey };
  }
}

function keyFrom(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
