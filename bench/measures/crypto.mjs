import { execFile } from 'node:child_process';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { EncryptionService } from '../../dist/index.js';
import { contextOf, userId } from '../../test/support/sealed-rows.mjs';
import { alternate, median, ratio } from '../support/rounds.mjs';

const OPERATIONS = 20_000;
const KEY = 'an-example-of-an-api-key-of-60-characters'.padEnd(60, 'x');
const CONTEXT = contextOf(userId(1));

/** P5: what sealing and opening cost beside AES-256-GCM of Node alone, and beside Fernet. */
export async function measureCrypto({ rounds = 15 } = {}) {
  const seals = {};
  const opens = {};
  for (const [name, { seal, open }] of Object.entries({ ours: ours(), gcm: bareGcm() })) {
    const sealed = Array.from({ length: 1_000 }, () => seal(KEY));
    if (sealed.some((each) => open(each) !== KEY)) throw new Error(`${name} does not open what it sealed`);
    seals[name] = () => microseconds(() => seal(KEY));
    opens[name] = () => microseconds((i) => open(sealed[i % sealed.length]));
  }
  // Not measured: until the compiler has seen enough.
  await alternate({ ...seals }, 2);
  await alternate({ ...opens }, 2);
  const fernet = await fernetOfPython();
  return {
    seal: compare(await alternate(seals, rounds), fernet.seal),
    open: compare(await alternate(opens, rounds), fernet.open),
  };
}

function compare({ ours: own, gcm }, fernet) {
  const microseconds = { ours: median(own), gcm: median(gcm), fernet };
  return { microseconds, toGcm: ratio(own, gcm), toFernet: fernet && microseconds.ours / fernet };
}

/** Of processor time, which others on the machine do not take. */
function microseconds(work) {
  const begun = process.cpuUsage();
  for (let i = 0; i < OPERATIONS; i++) work(i);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / OPERATIONS;
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

/**
 * The Fernet of Python's `cryptography`, microseconds to seal and to open; nulls without a Python that has it.
 */
async function fernetOfPython() {
  const script = `
import json, time
from cryptography.fernet import Fernet
f = Fernet(Fernet.generate_key())
text = b"${KEY}"
token = f.encrypt(text)
def best(work):
    def once():
        begun = time.process_time()
        for _ in range(5000): work()
        return (time.process_time() - begun) * 200
    return sorted(once() for _ in range(15))[7]
print(json.dumps({"seal": best(lambda: f.encrypt(text)), "open": best(lambda: f.decrypt(token))}))`;
  try {
    return JSON.parse((await promisify(execFile)('python3', ['-c', script])).stdout);
  } catch (error) {
    // ENOENT without a Python, 1 without the package.
    if (error.code !== 'ENOENT' && error.code !== 1) throw error;
    return { seal: null, open: null };
  }
}
