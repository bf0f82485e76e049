import { SALT_LENGTH, SaltPool } from '../../dist/crypto/salt-pool.js';
import { EncryptionError, EncryptionService } from '../../dist/index.js';

/**
 * What is too much for a process of jest's, in which it takes twice the time. Prints what it counted as JSON.
 *
 *   node test/crypto/exhaustive.mjs flips 1000     every bit of so many records, one at a time
 *   node test/crypto/exhaustive.mjs seals 1000000  the salts of so many records
 *   node test/crypto/exhaustive.mjs pool 1000000   so many salts of a pool
 */
const [what, count] = [process.argv[2], Number(process.argv[3])];
const service = new EncryptionService(EncryptionService.generateSecret());
const text = JSON.stringify({ v: 1, key: 'an-example-of-an-api-key-1f9c' });
const context = { purpose: 'database', ownerKind: 'user', ownerId: '', provider: 'openai', label: '', expiresAt: null };

function flips() {
  // Stacks are most of the time that a refusal takes.
  Error.stackTraceLimit = 0;
  const { message } = new EncryptionError();
  const counts = { bits: 0, accepted: 0, refused: 0, other: 0, unharmed: 0 };
  for (let i = 0; i < count; i++) {
    const bound = { ...context, ownerId: `user-${i}` };
    const sealed = service.encrypt(text, bound);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      counts.bits++;
      sealed[bit >> 3] ^= 1 << (bit & 7);
      try {
        service.decrypt(sealed, bound);
        counts.accepted++;
      } catch (error) {
        if (error instanceof EncryptionError && error.message === message && !('cause' in error)) counts.refused++;
        else counts.other++;
      }
      sealed[bit >> 3] ^= 1 << (bit & 7);
    }
    if (service.decrypt(sealed, bound) === text) counts.unharmed++;
  }
  return counts;
}

const seals = () => salts(() => service.encrypt(text, context));

function pool() {
  const pool = new SaltPool();
  const record = Buffer.alloc(10 + SALT_LENGTH);
  return salts(() => (pool.writeTo(record, 10), record));
}

/** In quarters: that even these are all different by chance has odds of two million to one. */
function salts(make) {
  const quarters = new BigUint64Array(4 * count);
  for (let i = 0; i < count; i++) {
    const record = make();
    for (let j = 0; j < 4; j++) quarters[4 * i + j] = record.readBigUInt64LE(10 + 8 * j);
  }
  return { salts: count, repeated: repeats(quarters), control: repeats(BigUint64Array.of(3n, 1n, 2n, 1n)) };
}

function repeats(values) {
  values.sort();
  let found = 0;
  for (let i = 1; i < values.length; i++) if (values[i] === values[i - 1]) found++;
  return found;
}

const counts = { flips, seals, pool }[what]();
console.log(JSON.stringify(counts));
if (counts.accepted || counts.other || counts.repeated) process.exitCode = 1;
