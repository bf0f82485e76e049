import { timingSafeEqual } from 'node:crypto';
import { EncryptionError } from '../errors/index.js';
import { gcmOpen, gcmSeal, TAG_LENGTH } from './aes-gcm.js';
import { encodeContext } from './context.js';
import { KEY_ID_LENGTH, type RootKey } from './root-key.js';
import { SALT_LENGTH, type SaltPool } from './salt-pool.js';
import type { SealContext } from './seal-context.interface.js';

const VERSION = 0x01;
const SUITE = 0x01;

const KEY_ID = 2;
const SALT = KEY_ID + KEY_ID_LENGTH;
const COMMITMENT = SALT + SALT_LENGTH;
const TAG = COMMITMENT + 32;
const CIPHERTEXT = TAG + TAG_LENGTH;

const BLOCK = 64;
/** Bytes that a record has at most. @internal */
export const MAX_LENGTH = 1024 * 1024;

const DERIVE = Buffer.from('byok/v1/derive\0');
// Each record has a key of its own, so no nonce comes twice under one key.
const NONCE = Buffer.alloc(12);

/** The longest padded text that is sealed. @internal */
export const MAX_PLAINTEXT = MAX_LENGTH - CIPHERTEXT - ((MAX_LENGTH - CIPHERTEXT) % BLOCK);

/** Seals a padded text. @throws EncryptionError @internal */
export function seal(key: RootKey, salts: SaltPool, padded: Uint8Array, context: SealContext): Buffer {
  const sealed = Buffer.allocUnsafe(CIPHERTEXT + padded.length);
  sealed[0] = VERSION;
  sealed[1] = SUITE;
  key.id.copy(sealed, KEY_ID);
  salts.writeTo(sealed, SALT);
  const derived = derive(key, sealed, context);
  try {
    derived.copy(sealed, COMMITMENT, 32);
    const { ciphertext, tag } = gcmSeal(derived.subarray(0, 32), NONCE, sealed.subarray(0, TAG), padded);
    tag.copy(sealed, TAG);
    ciphertext.copy(sealed, CIPHERTEXT);
    return sealed;
  } finally {
    derived.fill(0);
  }
}

/**
 * The padded text of a record.
 *
 * @throws EncryptionError
 * @throws whatever Node throws, where the tag does not fit
 * @internal
 */
export function open(key: RootKey, sealed: Buffer, context: SealContext): Buffer {
  if (!hasRecordLength(sealed)) throw new EncryptionError();
  const derived = derive(key, sealed, context);
  try {
    if (!timingSafeEqual(derived.subarray(32), sealed.subarray(COMMITMENT, TAG))) throw new EncryptionError();
    return gcmOpen(
      derived.subarray(0, 32),
      NONCE,
      sealed.subarray(0, TAG),
      sealed.subarray(CIPHERTEXT),
      sealed.subarray(TAG, CIPHERTEXT),
    );
  } finally {
    derived.fill(0);
  }
}

/** Whether the key and the context are those of the record: its first 74 bytes tell. @internal */
export function isCommittedTo(key: RootKey, sealed: Buffer, context: SealContext): boolean {
  if (sealed.length < TAG) return false;
  const derived = derive(key, sealed, context);
  try {
    return timingSafeEqual(derived.subarray(32), sealed.subarray(COMMITMENT, TAG));
  } finally {
    derived.fill(0);
  }
}

/** Where the id of the key that sealed the record begins. @throws EncryptionError if the bytes are no record of ours @internal */
export function keyIdOffset(sealed: Buffer): number {
  if (sealed.length < SALT || sealed[0] !== VERSION || sealed[1] !== SUITE) throw new EncryptionError();
  return KEY_ID;
}

/** The id of the key that sealed the record. @throws EncryptionError if the bytes are no record of ours @internal */
export function keyIdOf(sealed: Buffer): Buffer {
  const offset = keyIdOffset(sealed);
  return sealed.subarray(offset, offset + KEY_ID_LENGTH);
}

function hasRecordLength({ length }: Buffer): boolean {
  return length >= CIPHERTEXT + BLOCK && length <= MAX_LENGTH && (length - CIPHERTEXT) % BLOCK === 0;
}

/** The record's AES key (32 bytes) and its commitment (32 bytes). */
function derive(key: RootKey, sealed: Buffer, context: SealContext): Buffer {
  const info = encodeContext(context, DERIVE.length + COMMITMENT, 1);
  DERIVE.copy(info);
  sealed.copy(info, DERIVE.length, 0, COMMITMENT);
  info[info.length - 1] = 0x01;
  return key.derive(info);
}
