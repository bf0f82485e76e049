import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { apiKeyBytes } from '../../lib/rotation/api-key-bytes.js';

const found = (text: string): string | undefined => {
  try {
    return Buffer.from(apiKeyBytes(Buffer.from(text))).toString();
  } catch {
    return undefined;
  }
};

/** What reads of keys do. */
function parsed(text: string): string | undefined {
  try {
    const content = JSON.parse(text) as { v?: unknown; key?: unknown };
    return content?.v === 1 && typeof content.key === 'string' ? content.key : undefined;
  } catch {
    return undefined;
  }
}

describe('The key in a plaintext', () => {
  it('is a part of the buffer where nothing is escaped, so that it can be wiped', () => {
    const text = Buffer.from(JSON.stringify({ v: 1, key: 'an-example-of-an-api-key-ä€😀' }));
    const key = apiKeyBytes(text);
    expect(key).toBeInstanceOf(Uint8Array);
    text.fill(0);
    expect([...(key as Uint8Array)].every((byte) => byte === 0)).toBe(true);
  });

  it('is what the parser finds, whatever the key and the fields', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((key) => key.isWellFormed()),
        fc.option(fc.dictionary(fc.string(), fc.string())),
        (key, fields) => {
          const text = JSON.stringify({ v: 1, key, ...(fields && { fields }) });
          expect(found(text)).toBe(key);
        },
      ),
    );
  });

  it.each([
    ['{"v":1,"key":"one","key":"two"}', 'two'],
    ['{"key":"one","v":1}', 'one'],
    [' {"v":1,"key":"one"}', 'one'],
    ['{"v":1,"key":"\\u0031"}', '1'],
    ['{"v":1,"key":""}', ''],
    ['{"v":1,"key":"one"', undefined],
    ['{"v":1,"key":"o\ne"}', undefined],
    ['{"v":1,"key":"one"}}', undefined],
    ['{"v":1,"key":"one\\"}', undefined],
    ['{"v":2,"key":"one"}', undefined],
    ['{"v":1,"key":1}', undefined],
    ['{"v":1,"key":"}', undefined],
    ['null', undefined],
    ['', undefined],
  ])('of %j is %j', (text, key) => {
    expect(found(text)).toBe(key);
    expect(parsed(text)).toBe(key);
  });
});
