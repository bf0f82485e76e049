import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  scryptSync,
  timingSafeEqual,
} from 'node:crypto';

/**
 * The format written a second time, straight from its description and without a line of lib, slow and plain: what one
 * of the two seals, the other has to open.
 */

export interface ReferenceContext {
  purpose: string;
  ownerKind: string;
  ownerId: string;
  provider: string;
  label: string;
  expiresAt: Date | null;
}

export const HEADER_LENGTH = 74;
export const OVERHEAD = 90;

const hkdf = (root: Buffer, info: string, length: number) =>
  Buffer.from(hkdfSync('sha512', root, Buffer.alloc(0), Buffer.from(info), length));

export const referenceKeyId = (root: Buffer) => hkdf(root, 'byok/v1/key-id', 8);

export function referenceFingerprint(root: Buffer, provider: string, apiKey: string): Buffer {
  const key = hkdf(root, 'byok/v1/fingerprint', 32);
  const message = Buffer.concat([Buffer.from(provider), Buffer.from([0x00]), Buffer.from(apiKey)]);
  return createHmac('sha256', key).update(message).digest().subarray(0, 16);
}

export const referencePassphrase = (passphrase: string, salt: string | Buffer) =>
  scryptSync(Buffer.from(passphrase.normalize('NFKC'), 'utf8'), salt, 32, { N: 131072, r: 8, p: 1, maxmem: 2 ** 28 });

export function referenceContext(context: ReferenceContext): Buffer {
  const { purpose, ownerKind, ownerId, provider, label, expiresAt } = context;
  const expiry = expiresAt === null ? '' : expiresAt.getTime().toString(10);
  const fields = ['byok/v1', purpose, ownerKind, ownerId, provider, label, expiry].map((field) => Buffer.from(field));
  const count = Buffer.alloc(2);
  count.writeUInt16BE(fields.length);
  const parts = [count];
  for (const field of fields) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    parts.push(length, field);
  }
  return Buffer.concat(parts);
}

function derive(root: Buffer, first42: Buffer, context: ReferenceContext): { key: Buffer; commitment: Buffer } {
  const prk = hkdf(root, 'byok/v1/record', 64);
  const info = Buffer.concat([Buffer.from('byok/v1/derive\0'), first42, referenceContext(context)]);
  const okm = createHmac('sha512', prk)
    .update(Buffer.concat([info, Buffer.from([0x01])]))
    .digest();
  return { key: okm.subarray(0, 32), commitment: okm.subarray(32, 64) };
}

export function referencePad(text: string): Buffer {
  const bytes = [...Buffer.from(text), 0x80];
  while (bytes.length % 64 !== 0) bytes.push(0);
  return Buffer.from(bytes);
}

/** Where a record should differ from what the format asks for, or from one time to another. */
interface Differences {
  keyId?: Buffer;
  salt?: Buffer;
  padded?: Buffer;
  commitment?: Buffer;
}

export function referenceSeal(
  root: Buffer,
  text: string,
  context: ReferenceContext,
  { keyId = referenceKeyId(root), salt = randomBytes(32), padded = referencePad(text), commitment }: Differences = {},
): Buffer {
  const first42 = Buffer.concat([Buffer.from([0x01, 0x01]), keyId, salt]);
  const derived = derive(root, first42, context);
  const header = Buffer.concat([first42, commitment ?? derived.commitment]);
  const cipher = createCipheriv('aes-256-gcm', derived.key, Buffer.alloc(12), { authTagLength: 16 });
  cipher.setAAD(header);
  const ciphertext = Buffer.concat([cipher.update(padded), cipher.final()]);
  return Buffer.concat([header, cipher.getAuthTag(), ciphertext]);
}

export function referenceOpen(root: Buffer, sealed: Buffer, context: ReferenceContext): string {
  if (sealed[0] !== 0x01) throw new Error('version');
  if (sealed[1] !== 0x01) throw new Error('suite');
  if (!sealed.subarray(2, 10).equals(referenceKeyId(root))) throw new Error('key id');
  const { key, commitment } = derive(root, sealed.subarray(0, 42), context);
  if (!timingSafeEqual(commitment, sealed.subarray(42, 74))) throw new Error('commitment');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12), { authTagLength: 16 });
  decipher.setAAD(sealed.subarray(0, 74));
  decipher.setAuthTag(sealed.subarray(74, 90));
  const padded = Buffer.concat([decipher.update(sealed.subarray(90)), decipher.final()]);
  if (padded.length % 64 !== 0) throw new Error('padding');
  return padded.subarray(0, padded.lastIndexOf(0x80)).toString('utf8');
}
