import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EncryptionService, type RootSecret, type SealContext } from '../../lib/index.js';
import { referenceFingerprint, referenceKeyId, referenceOpen, referencePassphrase } from '../crypto/reference.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./golden.mjs', import.meta.url));

/** What was released stays as it was released: a version's file, and its digest here, are never changed. */
const RELEASED: Record<string, string> = {
  'v1.json': '4e6606726993dd69548ad9401f6effde7524b23edc4cdc5386f13ff78a7153f1',
};

type Described = { form: 'hex' | 'base64' | 'byok_'; sha256Of: string } | { passphrase: string; salt: string };

interface Golden {
  secrets: Record<string, Described>;
  keys: {
    secret: string;
    keyId: string;
    canary: string;
    fingerprint: { provider: string; apiKey: string; hex: string };
  }[];
  records: {
    name: string;
    secret: string;
    context: Omit<SealContext, 'expiresAt'> & { expiresAt: string | null };
    text: string;
    sealed: string;
  }[];
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

function secretOf(described: Described): RootSecret {
  if ('passphrase' in described) return described;
  const digest = digestOf(described.sha256Of);
  return described.form === 'byok_' ? `byok_${digest.toString('base64url')}` : digest.toString(described.form);
}

function rootOf(described: Described): Buffer {
  return 'passphrase' in described
    ? referencePassphrase(described.passphrase, described.salt)
    : digestOf(described.sha256Of);
}

describe('Golden records', () => {
  it('are all there, and as they were released', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
    const digests = files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(FOLDER + name))
        .digest('hex'),
    ]);
    expect(Object.fromEntries(digests)).toEqual(RELEASED);
  });

  describe.each(Object.keys(RELEASED))('of %s', (file) => {
    const { secrets, keys, records } = JSON.parse(readFileSync(FOLDER + file, 'utf8')) as Golden;
    const service = new EncryptionService(Object.values(secrets).map(secretOf));
    const roots = new Map(Object.entries(secrets).map(([name, described]) => [name, rootOf(described)]));
    const boundTo = (context: Golden['records'][number]['context']): SealContext => ({
      ...context,
      expiresAt: context.expiresAt === null ? null : new Date(context.expiresAt),
    });

    it.each(records.map((record) => [record.name, record] as const))('open: %s', (_, record) => {
      const sealed = Buffer.from(record.sealed, 'base64url');
      const bound = boundTo(record.context);
      expect(service.decrypt(sealed, bound)).toBe(record.text);
      expect(service.isReadable(sealed.subarray(0, 74), bound)).toBe(true);
      expect(referenceOpen(roots.get(record.secret)!, sealed, bound)).toBe(record.text);
      expect(() => service.decrypt(sealed, { ...bound, ownerId: 'mallory' })).toThrow();
    });

    it.each(keys.map((key) => [key.secret, key] as const))('are of the same keys: %s', (_, key) => {
      const { provider, apiKey, hex } = key.fingerprint;
      const own = new EncryptionService(secretOf(secrets[key.secret]));
      const root = roots.get(key.secret)!;
      expect([own.keyId.toString('hex'), referenceKeyId(root).toString('hex')]).toEqual([key.keyId, key.keyId]);
      expect(own.fingerprint(provider, apiKey).toString('hex')).toBe(hex);
      expect(referenceFingerprint(root, provider, apiKey).toString('hex')).toBe(hex);
      expect(own.opensCanary(own.keyId, Buffer.from(key.canary, 'base64url'))).toBe(true);
    });

    it('are of every purpose, form of a secret and kind of owner', () => {
      expect(keys.map(({ secret }) => secret).sort()).toEqual(Object.keys(secrets).sort());
      expect(new Set(records.map(({ secret }) => secret)).size).toBe(Object.keys(secrets).length);
      expect(new Set(records.map(({ context }) => context.purpose))).toEqual(new Set(['database', 'session']));
      expect(new Set(records.map(({ context }) => context.ownerKind))).toEqual(new Set(['user', 'session']));
    });
  });

  it('are verified by the script, which writes over none of them', () => {
    expect(execFileSync(process.execPath, [SCRIPT, 'verify'], { encoding: 'utf8' })).toMatch(
      /^v1: \d+ records open\n$/,
    );
    const before = readFileSync(`${FOLDER}v1.json`);
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, 'write', '1'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('never written again')]);
    expect(readFileSync(`${FOLDER}v1.json`).equals(before)).toBe(true);
  });
});
