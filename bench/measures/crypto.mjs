import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { EncryptionService } from '../../dist/index.js';
import { alternate, median, ratio } from '../support/rounds.mjs';

const OPERATIONS = 20_000;
const KEY = 'an-example-of-an-api-key-of-60-characters'.padEnd(60, 'x');
const CONTEXT = {
  purpose: 'database',
  ownerKind: 'user',
  ownerId: 'user-0000001',
  provider: 'openai',
  label: 'default',
  expiresAt: null,
};

/** P5: what sealing and opening cost beside AES-256-GCM of Node alone, and beside Fernet. */
export async function measureCrypto({ rounds = 15 } = {}) {
  const seals = {};
  const opens = {};
  for (const [name, { seal, open }] of Object.entries({ ours: ours(), gcm: bareGcm(), fernet: fernet() })) {
    const sealed = Array.from({ length: 1_000 }, () => seal(KEY));
    if (sealed.some((each) => open(each) !== KEY)) throw new Error(`${name} does not open what it sealed`);
    seals[name] = () => microseconds(() => seal(KEY));
    opens[name] = () => microseconds((i) => open(sealed[i % sealed.length]));
  }
  // Not measured: until the compiler has seen enough.
  await alternate({ ...seals }, 2);
  await alternate({ ...opens }, 2);
  return { seal: compare(await alternate(seals, rounds)), open: compare(await alternate(opens, rounds)) };
}

function compare({ ours: own, gcm, fernet: theirs }) {
  return {
    microseconds: { ours: median(own), gcm: median(gcm), fernet: median(theirs) },
    toGcm: ratio(own, gcm),
    toFernet: ratio(own, theirs),
  };
}

function microseconds(work) {
  const begun = performance.now();
  for (let i = 0; i < OPERATIONS; i++) work(i);
  return ((performance.now() - begun) * 1_000) / OPERATIONS;
}

function ours() {
  const encryption = new EncryptionService(EncryptionService.generateSecret());
  return { seal: (text) => encryption.encrypt(text, CONTEXT), open: (sealed) => encryption.decrypt(sealed, CONTEXT) };
}

/** One key for all records and a nonce of chance: the least that can be called encryption. */
function bareGcm() {
  const key = createSecretKey(randomBytes(32));
  return {
    seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const ciphertext = cipher.update(text, 'utf8');
      cipher.final();
      return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
    },
    open(sealed) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
      decipher.setAuthTag(sealed.subarray(12, 28));
      const text = decipher.update(sealed.subarray(28), undefined, 'utf8');
      return text + decipher.final('utf8');
    },
  };
}

/** What the package of Python uses, by its specification: AES-128-CBC, HMAC-SHA-256, base64url. */
function fernet() {
  const [signing, encrypting] = [createSecretKey(randomBytes(16)), createSecretKey(randomBytes(16))];
  const sign = (bytes) => createHmac('sha256', signing).update(bytes).digest();
  return {
    seal(text) {
      const head = Buffer.alloc(25);
      head[0] = 0x80;
      head.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1_000)), 1);
      randomBytes(16).copy(head, 9);
      const cipher = createCipheriv('aes-128-cbc', encrypting, head.subarray(9));
      const signed = Buffer.concat([head, cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([signed, sign(signed)]).toString('base64url');
    },
    open(token) {
      const bytes = Buffer.from(token, 'base64url');
      const signed = bytes.subarray(0, -32);
      if (bytes[0] !== 0x80 || !timingSafeEqual(sign(signed), bytes.subarray(-32))) throw new Error('forged');
      const decipher = createDecipheriv('aes-128-cbc', encrypting, signed.subarray(9, 25));
      return decipher.update(signed.subarray(25), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}
