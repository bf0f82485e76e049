import { describe, expect, it } from '@jest/globals';
import { maskKey } from '../../lib/index.js';

describe('maskKey', () => {
  it.each([
    ['an-example-of-an-api-key-1f9c', '…1f9c'],
    ['exactly-20-character', '…cter'],
    ['just-19-characters!', '…'],
    ['short', '…'],
    ['', '…'],
    [`${'🔑'.repeat(19)}`, '…'],
    [`${'🔑'.repeat(20)}`, '…🔑🔑🔑🔑'],
  ])('of %s is %s', (key, mask) => {
    expect(maskKey(key)).toBe(mask);
  });

  it.each([undefined, null, 42, {}, ['an-example-of-an-api-key-1f9c'], Buffer.alloc(40)])(
    'shows nothing of %p',
    (key) => {
      expect(maskKey(key as string)).toBe('…');
    },
  );
});
