import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { getEnvKey, InvalidInputError, KeyLimitError } from '../../lib/index.js';
import { providersInEnv } from '../../lib/keys/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'test-key-env-0123456789';
const NAMES = [
  'API_KEY_OPENAI',
  'API_KEY_OPEN_ROUTER',
  'API_KEY_SHORT',
  'API_KEY_EMPTY',
  'MINE_OPENAI',
  'API_KEY_ONE',
  'API_KEY_TWO',
];

describe('Keys in the environment', () => {
  let database: TestDatabase;
  let app: ByokApp;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({
      db: database.url,
      maxKeysPerUser: 3,
      providers: { strict: { keyPrefix: 'st-', strict: true } },
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  afterEach(() => {
    for (const name of [...NAMES, 'API_KEY_STRICT']) delete process.env[name];
  });

  it("are found by the provider's name", () => {
    process.env['API_KEY_OPENAI'] = KEY;
    process.env['API_KEY_OPEN_ROUTER'] = `${KEY}-2`;
    process.env['API_KEY_EMPTY'] = '';
    process.env['MINE_OPENAI'] = `${KEY}-3`;
    expect(getEnvKey('openai')).toBe(KEY);
    expect(getEnvKey('open-router')).toBe(`${KEY}-2`);
    expect(getEnvKey('open.router')).toBe(`${KEY}-2`);
    expect(getEnvKey('openai', 'MINE_')).toBe(`${KEY}-3`);
    expect(getEnvKey('empty')).toBeUndefined();
    expect(getEnvKey('none')).toBeUndefined();
  });

  it("are found by the providers' own names", () => {
    const own = {
      OPENAI_API_KEY: 'openai',
      HF_TOKEN: 'huggingface',
      GOOGLE_API_KEY: 'google-gemini',
      REPLICATE_API_TOKEN: 'replicate',
    };
    for (const [name, provider] of Object.entries(own)) {
      process.env[name] = `${KEY}-${provider}`;
      try {
        expect([getEnvKey(provider), providersInEnv()]).toEqual([`${KEY}-${provider}`, [provider]]);
        process.env[`API_KEY_${provider.toUpperCase().replace('-', '_')}`] = KEY;
        expect(getEnvKey(provider)).toBe(KEY);
      } finally {
        delete process.env[name];
        delete process.env[`API_KEY_${provider.toUpperCase().replace('-', '_')}`];
      }
    }
  });

  it('do not become the default key of somebody who has another', async () => {
    const holder = { userId: 'carol' };
    await app.byok.setKey(holder, 'openai', `${KEY}-work`, { label: 'work' });
    process.env['API_KEY_OPENAI'] = ` "${KEY}" `;
    expect(await app.byok.importFromEnv(holder, ['openai'])).toEqual({ openai: true });
    expect(await app.byok.getKey(holder, 'openai')).toBe(`${KEY}-work`);
    expect(await app.byok.getKey(holder, 'openai', { label: 'default' })).toBe(KEY);
  });

  it('are stored where they are keys, and the rest is told', async () => {
    const holder = { userId: 'alice' };
    process.env['API_KEY_OPENAI'] = KEY;
    process.env['API_KEY_SHORT'] = 'short';
    process.env['API_KEY_STRICT'] = KEY;
    expect(await app.byok.importFromEnv(holder, ['openai', 'short', 'none', 'strict'])).toEqual({
      openai: true,
      short: false,
      none: false,
      strict: false,
    });
    expect(await app.byok.listProviders(holder)).toEqual(['openai']);
    expect(await app.byok.getKey(holder, 'openai')).toBe(KEY);
    process.env['MINE_OPENAI'] = `${KEY}-3`;
    expect(await app.byok.importFromEnv(holder, ['openai'], { prefix: 'MINE_' })).toEqual({ openai: true });
    expect(await app.byok.getKey(holder, 'openai')).toBe(`${KEY}-3`);
  });

  it('fail as a whole where a name is none or there is no more room', async () => {
    const holder = { userId: 'bob' };
    await expect(app.byok.importFromEnv(holder, ['Open AI'])).rejects.toThrow(InvalidInputError);
    for (const provider of ['a', 'b', 'c']) await app.byok.setKey(holder, provider, KEY);
    process.env['API_KEY_ONE'] = KEY;
    await expect(app.byok.importFromEnv(holder, ['one'])).rejects.toThrow(KeyLimitError);
  });
});
