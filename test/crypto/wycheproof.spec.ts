import { describe, expect, it } from '@jest/globals';
import { createHmac, createSecretKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gcmOpen, gcmSeal } from '../../lib/crypto/aes-gcm.js';
import { expand, hkdf, hmacSha256 } from '../../lib/crypto/derivation.js';

interface Vector {
  tcId: number;
  result: 'valid' | 'invalid';
  [hex: string]: unknown;
}

interface Group {
  keySize: number;
  ivSize?: number;
  tagSize?: number;
  tests: Vector[];
}

const folder = vectorsFolder();
const hex = (text: unknown) => Buffer.from(text as string, 'hex');

if (!folder) {
  process.stderr.write(
    'NOTICE: the Wycheproof vectors are not here, their tests are skipped. WYCHEPROOF_DIR says where they are.\n',
  );
}

/** The folder that WYCHEPROOF_DIR names, else `shared/wycheproof` beside the project or beside one of its parents. */
function vectorsFolder(): string | undefined {
  if (process.env.WYCHEPROOF_DIR) return process.env.WYCHEPROOF_DIR;
  for (let parent = dirname(process.cwd()); ; parent = dirname(parent)) {
    const candidate = join(parent, 'shared', 'wycheproof');
    if (existsSync(candidate)) return candidate;
    if (parent === dirname(parent)) return undefined;
  }
}

function groupsOf(file: string): Group[] {
  return (JSON.parse(readFileSync(join(folder!, file), 'utf8')) as { testGroups: Group[] }).testGroups;
}

/** Which vectors came out otherwise than they should, and how many there were of each kind. */
function run(groups: readonly Group[], holds: (vector: Vector, group: Group) => boolean) {
  const counts = { valid: 0, invalid: 0 };
  const wrong: number[] = [];
  for (const group of groups) {
    for (const vector of group.tests) {
      counts[vector.result]++;
      if (holds(vector, group) !== (vector.result === 'valid')) wrong.push(vector.tcId);
    }
  }
  return { ...counts, wrong };
}

function succeeds(work: () => boolean): boolean {
  try {
    return work();
  } catch {
    return false;
  }
}

(folder ? describe : describe.skip)('Wycheproof, through our own primitives', () => {
  it('66 of 66: AES-GCM with a key of 256 and a nonce of 96 bits', () => {
    const groups = groupsOf('aes_gcm_test.json').filter(({ keySize, ivSize }) => keySize === 256 && ivSize === 96);

    const opened = run(groups, ({ key, iv, aad, ct, tag, msg }) =>
      succeeds(() => gcmOpen(hex(key), hex(iv), hex(aad), hex(ct), hex(tag)).equals(hex(msg))),
    );
    const sealed = run(groups, ({ key, iv, aad, ct, tag, msg }) => {
      const made = gcmSeal(hex(key), hex(iv), hex(aad), hex(msg));
      return made.ciphertext.equals(hex(ct)) && made.tag.equals(hex(tag));
    });
    const unchecked = run(groups, () => true);

    expect(opened).toEqual({ valid: 39, invalid: 27, wrong: [] });
    expect(sealed).toEqual(opened);
    expect(opened.valid + opened.invalid).toBe(66);
    expect(unchecked.wrong).toHaveLength(opened.invalid);
  });

  it('83 of 83: HKDF-SHA-512', () => {
    const groups = groupsOf('hkdf_sha512_test.json');

    const whole = run(groups, ({ ikm, salt, info, size, okm }) =>
      succeeds(() => hkdf(hex(ikm), hex(info), size as number, hex(salt)).equals(hex(okm))),
    );
    expect(whole.wrong).toEqual([]);
    expect(whole.invalid).toBeGreaterThan(0);
    expect(whole.valid + whole.invalid).toBe(83);

    // Of 64 bytes or fewer, the single block that records use gives the same.
    const short = groups.map((group) => ({
      ...group,
      tests: group.tests.filter(({ size }) => (size as number) <= 64),
    }));
    const single = run(short, ({ ikm, salt, info, size, okm }) => {
      const prk = createHmac('sha512', hex(salt)).update(hex(ikm)).digest();
      const block = expand(createSecretKey(prk), Buffer.concat([hex(info), Buffer.from([1])]));
      return block.subarray(0, size as number).equals(hex(okm));
    });
    expect(single.wrong).toEqual([]);
    expect(single.valid).toBeGreaterThan(40);
  });

  it('174 of 174: HMAC-SHA-256', () => {
    const macs = run(groupsOf('hmac_sha256_test.json'), ({ key, msg, tag }, { tagSize }) =>
      hmacSha256(createSecretKey(hex(key)), hex(msg))
        .subarray(0, tagSize! / 8)
        .equals(hex(tag)),
    );
    expect(macs.wrong).toEqual([]);
    expect(macs.invalid).toBeGreaterThan(0);
    expect(macs.valid + macs.invalid).toBe(174);
  });
});
