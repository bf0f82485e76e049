import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import { inspect } from 'node:util';
import { KeyLimitError, type UserId, UserRequiredError } from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { memorySessions } from '../support/sessions.js';

const KEY = 'test-key-alice-0123456789';
const NO_IDS: unknown[] = [
  '',
  ' ',
  'alice ',
  ' alice',
  0,
  -0,
  NaN,
  Infinity,
  1.5,
  2 ** 53,
  0n,
  10n ** 255n,
  new Number(7),
  new String('alice'),
  { toHexString: () => 'alice' },
  { toHexString: '65f0c0ffee0c0ffee0c0ffee' },
  { toString: () => 'alice', [Symbol.toPrimitive]: () => 'alice' },
  true,
  false,
  {},
  { id: 'alice' },
  [],
  ['alice'],
  'undefined',
  'Undefined',
  'null',
  'NaN',
  'true',
  'false',
  '[object Object]',
  'a\0b',
  'a\nb',
  '\ud800',
  'x'.repeat(256),
  Symbol('alice'),
  () => 'alice',
  new Date(),
];
const IDS: [unknown, string][] = [
  ['alice', 'alice'],
  [42, '42'],
  [-1, '-1'],
  [7n, '7'],
  [2n ** 64n, '18446744073709551616'],
  ['07', '07'],
  ['7.0', '7.0'],
  [{ toHexString: () => '65f0c0ffee0c0ffee0c0ffee' }, '65f0c0ffee0c0ffee0c0ffee'],
  [{ toHexString: () => '9b2f1c9e-4b5e-4f6f-8a53-1f6f0f6f3a3c' }, '9b2f1c9e-4b5e-4f6f-8a53-1f6f0f6f3a3c'],
  ['0', '0'],
  ['Ünïcödé 鍵', 'Ünïcödé 鍵'],
  ['x'.repeat(255), 'x'.repeat(255)],
  ['9b2f1c9e-4b5e-4f6f-8a53-1f6f0f6f3a3c', '9b2f1c9e-4b5e-4f6f-8a53-1f6f0f6f3a3c'],
  ['google-oauth2|1234', 'google-oauth2|1234'],
];

describe('Who the user is', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let found: unknown;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({ db: database.url, resolveUser: () => found as string });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it.each(NO_IDS.map((id) => [inspect(id), id]))('cannot be %j', async (_, id) => {
    found = id;
    const request = await memorySessions().request();
    await expect(app.byok.setKey(request, 'openai', KEY)).rejects.toThrow(UserRequiredError);
    await expect(app.byok.getKey(request, 'openai')).rejects.toMatchObject({ code: 'BYOK_USER_REQUIRED' });
    found = Promise.resolve(id);
    await expect(app.byok.listKeys(request)).rejects.toThrow(UserRequiredError);
    await expect(app.byok.listKeys({ userId: id as string })).rejects.toThrow(UserRequiredError);
    expect(request.session['byok']).toBeUndefined();
    expect(await database.query('SELECT owner_id FROM user_api_keys')).toEqual([]);
  });

  it.each([[undefined], [null]])('is a visitor where resolveUser gives %s', async (nobody) => {
    found = nobody;
    const request = await memorySessions().request();
    expect((await app.byok.setKey(request, 'openai', KEY)).source).toBe('session');
  });

  it.each(IDS.map(([id, owner]) => [inspect(id), owner, id] as const))('can be %s', async (_, owner, id) => {
    found = id;
    await app.byok.setKey({ headers: {} }, 'openai', KEY);
    expect(await database.query('SELECT owner_id FROM user_api_keys')).toEqual([{ owner_id: owner }]);
    found = { then: (done: (value: unknown) => void) => done(id) };
    expect(await app.byok.getKey({ headers: {} }, 'openai')).toBe(KEY);
    expect(await app.byok.clearKeys({ userId: id as UserId })).toBe(1);
  });

  it('is request.user.id, else request.user.sub, where the application says nothing', async () => {
    const started = await startByok({ db: database.url, storage: 'database' });
    const { byok } = started;
    try {
      for (const user of [{ id: 'by-id', sub: 'no' }, { sub: 'by-sub' }, { id: 7 }]) {
        await byok.setKey({ headers: {}, user }, 'openai', KEY);
      }
      const rows = await database.query('SELECT owner_id FROM user_api_keys ORDER BY 1');
      expect(rows.map(({ owner_id }) => owner_id as string)).toEqual(['7', 'by-id', 'by-sub']);
      for (const user of [undefined, null, {}, { id: null }]) {
        await expect(byok.getKey({ headers: {}, user }, 'openai')).rejects.toThrow(UserRequiredError);
      }
      await expect(byok.getKey({ headers: {}, user: { id: '', sub: 'alice' } }, 'openai')).rejects.toThrow(
        UserRequiredError,
      );
    } finally {
      await started.close();
    }
  });

  it('is told by the application, whose own answer comes through; whatever else fails is nobody', async () => {
    let failure: Error = new HttpException('from the application', 418);
    const failing = await startByok({
      db: database.url,
      resolveUser: async () => {
        throw failure;
      },
    });
    const request = await memorySessions().request();
    try {
      await expect(failing.byok.getKey(request, 'openai')).rejects.toBe(failure);
      failure = new KeyLimitError(1);
      await expect(failing.byok.getKey(request, 'openai')).rejects.toBe(failure);
      failure = new TypeError('from the application, with a token in it');
      await expect(failing.byok.getKey(request, 'openai')).rejects.toThrow(UserRequiredError);
      await expect(failing.byok.setKey(request, 'openai', KEY)).rejects.toThrow(
        'the user of this request could not be',
      );
      expect(request.session['byok']).toBeUndefined();
    } finally {
      await failing.close();
    }
  });
});
