import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('./exhaustive.mjs', import.meta.url));
const LIB = fileURLToPath(new URL('../../lib', import.meta.url));
const TIMEOUT = 240_000;

async function run(what: string, count: number): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, what, String(count)]);
  return JSON.parse(stdout) as Record<string, number>;
}

describe('The built library, exhaustively', () => {
  let [flips, seals, pool]: Record<string, number>[] = [];

  beforeAll(async () => {
    const sealing = run('seals', 10_000).then((counts) => ((seals = counts), run('pool', 100_000)));
    [flips, pool] = await Promise.all([run('flips', 25), sealing]);
  }, TIMEOUT);

  // `npm run test:long` takes 1,000, and a million seals.
  it('opens none of 25 records with any one bit flipped, each with the one error', () => {
    const bits = 25 * 154 * 8;
    expect(flips).toEqual({ bits, accepted: 0, refused: bits, other: 0, unharmed: 25 });
  });

  it('repeats no salt in 10,000 seals, nor its pool in 100,000', () => {
    expect(seals).toEqual({ salts: 10_000, repeated: 0, control: 1 });
    expect(pool).toEqual({ salts: 100_000, repeated: 0, control: 1 });
  });
});

describe('The source', () => {
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  const using = (pattern: RegExp) => files.filter((name) => pattern.test(readFileSync(join(LIB, name), 'utf8')));

  it('has no Math.random', () => {
    expect(using(/Math\s*(\?\.|\.|\[)\s*['"`]?random|\brandom\b.*=\s*Math\b/)).toEqual([]);
    expect(using(/\brandomFillSync\b/)).toEqual([join('crypto', 'salt-pool.ts')]);
  });

  it('never exports a KeyObject', () => {
    expect(using(/\.export\s*\(/)).toEqual([]);
    expect(using(/\bcreateSecretKey\b/)).toEqual(['aes-gcm.ts', 'root-key.ts'].map((file) => join('crypto', file)));
  });
});
