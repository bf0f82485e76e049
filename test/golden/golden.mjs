import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { EncryptionService } from '../../dist/index.js';

/**
 * Records that a released version of the format sealed, kept for ever: every later version has to open them.
 *
 *   npm run golden -- verify      opens those of every version
 *   npm run golden -- write 2     seals new ones as v2.json; refuses where there are some, for those are released
 */
const fileOf = (version) => new URL(`./v${version}.json`, import.meta.url);

// Written down as what they are the digest of, so that nobody takes them for secrets.
const SECRETS = {
  hex: { form: 'hex', sha256Of: 'no secret: golden records, hex' },
  base64: { form: 'base64', sha256Of: 'no secret: golden records, base64' },
  generated: { form: 'byok_', sha256Of: 'no secret: golden records, as generated' },
  passphrase: { passphrase: 'no secret: the golden records’ ﬁxed phrase', salt: 'golden-records-salt' },
};

function secretOf({ form, sha256Of, ...passphrase }) {
  if (!form) return passphrase;
  const digest = createHash('sha256').update(sha256Of).digest();
  return form === 'byok_' ? form + digest.toString('base64url') : digest.toString(form);
}

const KEY = 'an-example-of-an-api-key-1f9c';
const plain = JSON.stringify({ v: 1, key: KEY });
const withFields = JSON.stringify({
  v: 1,
  key: KEY,
  fields: { endpoint: 'https://example.com', organisation: 'Пример' },
});
const user = { purpose: 'database', ownerKind: 'user', ownerId: 'alice', provider: 'openai', label: 'default' };
const visitor = { ...user, purpose: 'session', ownerKind: 'session', ownerId: 'a-visitor' };

const RECORDS = [
  { name: 'a key in the database', secret: 'hex', text: plain, context: user },
  { name: 'a key in a session', secret: 'hex', text: plain, context: visitor },
  { name: 'a user’s key in a session', secret: 'hex', text: plain, context: { ...user, purpose: 'session' } },
  { name: 'a key with fields', secret: 'hex', text: withFields, context: { ...user, provider: 'azure-openai' } },
  { name: 'a key that expires', secret: 'hex', text: plain, context: user, expiresAt: '2031-02-03T04:05:06.789Z' },
  { name: 'the first moment', secret: 'hex', text: plain, context: user, expiresAt: '1970-01-01T00:00:00.000Z' },
  { name: 'a Unicode context', secret: 'hex', text: plain, context: { ...user, ownerId: 'Ünï-🔑', label: '仕事' } },
  { name: 'a long context', secret: 'hex', text: plain, context: { ...user, ownerId: 'x'.repeat(300) } },
  { name: 'separators', secret: 'hex', text: plain, context: { ...user, ownerId: 'a:b\0c', label: '"|,\n' } },
  { name: 'a Unicode text', secret: 'hex', text: '\ufeffключ 🔑 鍵 e\u0301', context: user },
  { name: 'an empty text', secret: 'hex', text: '', context: user },
  { name: 'a text of 63 bytes', secret: 'hex', text: 'a'.repeat(63), context: user },
  { name: 'a text of 64 bytes', secret: 'hex', text: 'a'.repeat(64), context: user },
  { name: 'a text that looks padded', secret: 'hex', text: '\u0080\0\0\0', context: user },
  { name: 'a long text', secret: 'hex', text: 'long '.repeat(300), context: user },
  { name: 'a secret in base64', secret: 'base64', text: plain, context: user },
  { name: 'a generated secret', secret: 'generated', text: plain, context: user },
  { name: 'a passphrase', secret: 'passphrase', text: withFields, context: visitor },
];

function versions() {
  const names = readdirSync(new URL('.', import.meta.url));
  return names.flatMap((name) => /^v(\d+)\.json$/.exec(name)?.[1] ?? []);
}

function seal() {
  const services = Object.fromEntries(
    Object.entries(SECRETS).map(([name, secret]) => [name, new EncryptionService(secretOf(secret))]),
  );
  const records = RECORDS.map(({ name, secret, text, context, expiresAt = null }) => {
    const sealed = services[secret].encrypt(text, { ...context, expiresAt: expiresAt && new Date(expiresAt) });
    return { name, secret, context: { ...context, expiresAt }, text, sealed: sealed.toString('base64url') };
  });
  const keys = Object.entries(services).map(([secret, service]) => ({
    secret,
    keyId: service.keyId.toString('hex'),
    canary: service.canary(service.keyId).toString('base64url'),
    fingerprint: { provider: 'openai', apiKey: KEY, hex: service.fingerprint('openai', KEY).toString('hex') },
  }));
  return { note: 'Sealed by a released version. Never change this file.', secrets: SECRETS, keys, records };
}

/** Opens everything, with all secrets at once. How many records there were. */
function verify(version) {
  const { secrets, keys, records } = JSON.parse(readFileSync(fileOf(version), 'utf8'));
  const all = new EncryptionService(Object.values(secrets).map(secretOf));
  for (const { name, context, text, sealed } of records) {
    const bound = { ...context, expiresAt: context.expiresAt && new Date(context.expiresAt) };
    if (all.decrypt(Buffer.from(sealed, 'base64url'), bound) !== text) throw new Error(`${name}: another text`);
  }
  for (const { secret, keyId, canary } of keys) {
    const opens = all.opensCanary(Buffer.from(keyId, 'hex'), Buffer.from(canary, 'base64url'));
    if (!opens) throw new Error(`${secret}: the canary does not open`);
  }
  return records.length + keys.length;
}

function write(version) {
  if (!/^[1-9]\d*$/.test(version ?? '')) throw new Error('Say which version, as in: npm run golden -- write 2');
  try {
    writeFileSync(fileOf(version), `${JSON.stringify(seal(), null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    throw new Error(
      `v${version}.json is there and is never written again: its records are released. Take the next number.`,
    );
  }
  return verify(version);
}

try {
  const [, , command, version] = process.argv;
  if (command === 'write') console.log(`v${version}: ${write(version)} records written, and opened again`);
  else if (command === 'verify') for (const each of versions()) console.log(`v${each}: ${verify(each)} records open`);
  else throw new Error('Write: npm run golden -- verify, or npm run golden -- write <version>');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
