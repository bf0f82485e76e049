import { describe, expect, it } from '@jest/globals';
import { StorageError } from '../../lib/index.js';
import { withRetries } from '../../lib/rotation/retries.js';

const never = new AbortController().signal;

describe('A statement of a rotation', () => {
  const failing = (reason: string | undefined, times: number) => {
    let tries = 0;
    return {
      work: async () => {
        if (++tries <= times) throw new StorageError(undefined, reason);
        return 'done';
      },
      tries: () => tries,
    };
  };

  it.each([
    '57P01',
    '57P03',
    '08006',
    '40P01',
    '40001',
    '53300',
    '57014',
    'ECONNRESET',
    'ECONNREFUSED',
    'EPIPE',
    undefined,
  ])('is tried again after %s', async (reason) => {
    const { work, tries } = failing(reason, 2);
    await expect(withRetries(never, work)).resolves.toBe('done');
    expect(tries()).toBe(3);
  });

  it.each(['23503', '42P01', '28P01', '22P02', 'ERR_WORKER'])('is not tried again after %s', async (reason) => {
    const { work, tries } = failing(reason, 1);
    await expect(withRetries(never, work)).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE', reason });
    expect(tries()).toBe(1);
  });

  it('is given up after a time, with the error of the storage', async () => {
    const { work, tries } = failing('57P03', Infinity);
    await expect(withRetries(never, work, 2_000)).rejects.toThrow(StorageError);
    expect(tries()).toBeGreaterThan(2);
  });

  it('is not waited for once the end is asked for', async () => {
    const { work } = failing('57P03', Infinity);
    const begun = performance.now();
    await expect(withRetries(AbortSignal.timeout(300), work)).rejects.toThrow(StorageError);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
