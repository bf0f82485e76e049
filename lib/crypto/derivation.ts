import { createHmac, hkdfSync, type BinaryLike, type KeyObject } from 'node:crypto';

const NO_SALT = Buffer.alloc(0);

/** HKDF-SHA-512, whole. Dear: for what is derived once from a root secret. @internal */
export function hkdf(ikm: Uint8Array, info: string | Uint8Array, length: number, salt: Uint8Array = NO_SALT): Buffer {
  return Buffer.from(hkdfSync('sha512', ikm, salt, info, length));
}

/**
 * HKDF-Expand-SHA-512 of 64 bytes, which is a single block and therefore a single HMAC: a third of the cost of
 * `hkdfSync`, and without its limit of 1024 bytes for `info`.
 *
 * @param infoAndOne - The `info`, followed by the byte `0x01`.
 * @internal
 */
export function expand(prk: KeyObject, infoAndOne: Uint8Array): Buffer {
  return createHmac('sha512', prk).update(infoAndOne).digest();
}

/** @internal */
export function hmacSha256(key: KeyObject, ...message: BinaryLike[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of message) hmac.update(part);
  return hmac.digest();
}
