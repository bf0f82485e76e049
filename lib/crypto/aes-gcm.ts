import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';

/** @internal */
export const TAG_LENGTH = 16;

const ALGORITHM = 'aes-256-gcm';

/** From Node 24 on a cipher takes six times as long to begin with bytes as with a key object; before, bytes are faster. */
const TAKES_OBJECTS = Number(process.versions.node.split('.')[0]) >= 24;

function keyOf(bytes: Uint8Array): Uint8Array | KeyObject {
  return TAKES_OBJECTS ? createSecretKey(bytes) : bytes;
}

/** AES-256-GCM. @internal */
export function gcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv(ALGORITHM, keyOf(key), nonce).setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  // Of a stream mode it is empty; it must be called for the tag.
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/**
 * AES-256-GCM. Gives nothing out before the tag is verified.
 *
 * @throws whatever Node throws, where the tag does not fit
 * @internal
 */
export function gcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Buffer {
  // Node takes tags cut down to 4 bytes. (Its option against that costs an eighth of an opening.)
  if (tag.length !== TAG_LENGTH) throw new RangeError();
  const decipher = createDecipheriv(ALGORITHM, keyOf(key), nonce).setAAD(aad).setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch (error) {
    plaintext.fill(0);
    throw error;
  }
  return plaintext;
}
