import { describe, expect, it } from '@jest/globals';
import { SaltPool } from '../../lib/crypto/salt-pool.js';

describe('SaltPool', () => {
  it('gives each salt once, over several fillings', () => {
    const pool = new SaltPool(4);
    const salts = new Set<string>();
    for (let i = 0; i < 1003; i++) {
      const target = Buffer.alloc(32);
      pool.writeTo(target, 0);
      salts.add(target.toString('hex'));
    }
    expect(salts.size).toBe(1003);
  });

  it('writes 32 bytes, and only where they are asked for', () => {
    const pool = new SaltPool();
    const written = new Uint8Array(40);
    for (let i = 0; i < 40; i++) {
      const target = Buffer.alloc(40);
      pool.writeTo(target, 4);
      for (const [at, byte] of target.entries()) written[at] |= byte;
    }
    const places = Array.from(written, (byte) => byte !== 0);
    expect(places).toEqual([
      ...Array<boolean>(4).fill(false),
      ...Array<boolean>(32).fill(true),
      ...Array<boolean>(4).fill(false),
    ]);
  });

  it('is not shared between two pools', () => {
    const [a, b] = [Buffer.alloc(32), Buffer.alloc(32)];
    new SaltPool().writeTo(a, 0);
    new SaltPool().writeTo(b, 0);
    expect(a.equals(b)).toBe(false);
  });
});
