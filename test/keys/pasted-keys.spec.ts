import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanApiKey, InvalidInputError, InvalidKeyError, type ProviderConfig } from '../../lib/index.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const ALICE = { userId: 'alice' };

/** Prefixes of well-known providers, with a made-up key that begins so. */
const PREFIXES: Record<string, string> = {
  openai: 'sk-',
  anthropic: 'sk-ant-',
  'google-gemini': 'AIza',
  bedrock: 'ABSK',
  mistral: '',
  cohere: '',
  groq: 'gsk_',
  openrouter: 'sk-or-v1-',
  xai: 'xai-',
  together: 'tgp_v1_',
  fireworks: 'fw_',
  perplexity: 'pplx-',
  huggingface: 'hf_',
  replicate: 'r8_',
  elevenlabs: 'sk_',
  deepgram: '',
  voyage: 'pa-',
  pinecone: 'pcsk_',
  cerebras: 'csk-',
  'nvidia-nim': 'nvapi-',
  github: 'github_pat_',
  stripe: 'sk_test_',
  sendgrid: 'SG.',
};
const PROVIDERS: Record<string, ProviderConfig> = {
  ...Object.fromEntries(
    Object.entries(PREFIXES).map(([id, keyPrefix]) => [id, keyPrefix === '' ? {} : { keyPrefix: [keyPrefix] }]),
  ),
  patterned: { keyPattern: /^sk-ant-/ },
  pem: { keyFormat: 'text' },
  webhook: { keyFormat: 'text' },
  vertex: { keyFormat: 'json' },
};
const keyOf = (provider: string): string => `${PREFIXES[provider]}an.example-of_a+key/123=`;

/** What people copy along with a key. */
const AROUND: [name: string, paste: (key: string) => string][] = [
  ['nothing', (key) => key],
  ['white space and a line break', (key) => `  \t${key} \r\n`],
  ['a byte order mark and zero-width characters', (key) => `\ufeff\u200b${key}\u200d\u2060`],
  ['straight quotes', (key) => `"${key}"`],
  ['curly quotes and spaces', (key) => ` “${key}” `],
  ['a line of an environment file', (key) => `OPENAI_API_KEY="${key}"`],
  ['a line of a shell', (key) => `export MY_TOKEN='${key}'\n`],
  ['a header', (key) => `Bearer ${key}`],
];

const REFUSED: [paste: string, why: RegExp][] = [
  ['sk-proj-A1b2…S9t0', /shortened display/],
  ['sk-proj-A1b2...S9t0', /shortened display/],
  ['sk-***********GHIJ', /shortened display/],
  ['sk-••••••••••••1234', /shortened display/],
  ['●●●●●●●●●●●●', /shortened display/],
  ['https://platform.example.com/api-keys', /address/],
  ['http://10.0.0.1/key', /address/],
  ['www.example.com/keys', /address/],
  ['alice@example.com', /address/],
  ['postgres://user:secret@host/db', /address/],
  ['your-api-key-here', /placeholder/],
  ['YOUR_API_KEY', /placeholder/],
  ['sk-your-key-here', /placeholder/],
  ['your_secret_token', /placeholder/],
  ['insert-your-key', /placeholder/],
  ['replace-me-with-a-key', /placeholder/],
  ['api-key-here', /placeholder/],
  ['sk-xxxxxxxxxxxxxxxxxxxx', /placeholder/],
  ['changeme', /placeholder/],
  ['$OPENAI_API_KEY', /placeholder/],
  ['${OPENAI_API_KEY}', /placeholder/],
  ['%OPENAI_API_KEY%', /placeholder/],
  ['process.env.OPENAI_API_KEY', /placeholder/],
  ['sk-one two-three-four', /one line without spaces/],
  ['sk-one\nsk-two-three', /one line without spaces/],
  ['sk-one\u00a0two-three', /one line without spaces/],
  ['key: sk-one-two-three', /one line without spaces/],
  ['sk-one\u2013two\u2013three', /letters, digits and signs/],
  ['sk-\u0430bcdefghij', /letters, digits and signs/],
  ['Schlüssel-0123456789', /letters, digits and signs/],
  ['hidden-\u200b-0123456789', /letters, digits and signs/],
  ['nul\0-0123456789', /letters, digits and signs/],
  ['half-\ud800-0123456789', /letters, digits and signs/],
  ['`sk-an-example-key`', /quote, a bracket or a comma/],
  ['<sk-an-example-key>', /quote, a bracket or a comma/],
  ['"apiKey":"sk-an-example"', /quote, a bracket or a comma/],
  ['sk-an-example-key,', /quote, a bracket or a comma/],
  ['sk-an-example-key";', /quote, a bracket or a comma/],
  ['""sk-an-example-key""', /quote, a bracket or a comma/],
  ['{"type":"service_account"}', /file and not a key/],
  ['-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----', /file and not a key/],
  ['sk-ant-an-example-of-a-key', /a key for anthropic and not for openai/],
  ['gsk_an-example-of-a-key', /a key for groq and not for openai/],
  ['nvapi-an-example-of-a-key', /a key for nvidia-nim and not for openai/],
  ['sk-or-v1-an-example-of-a-key', /a key for openrouter and not for openai/],
];

describe('A key as people paste it', () => {
  let database: TestDatabase;
  let app: ByokApp;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({ db: database.url, providers: PROVIDERS, maxKeysPerUser: 200 });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const cases = Object.keys(PREFIXES).flatMap((provider) =>
    AROUND.map(([name, paste]) => [provider, name, paste(keyOf(provider)), keyOf(provider)] as const),
  );

  it('is tried in many ways', () => {
    expect(cases.length + REFUSED.length).toBeGreaterThanOrEqual(120);
  });

  it.each(cases)('of %s with %s around it is stored without that', async (provider, _name, pasted, key) => {
    expect((await app.byok.setKey(ALICE, provider, pasted)).warnings).toEqual([]);
    expect(await app.byok.getKey(ALICE, provider)).toBe(key);
    expect(cleanApiKey(pasted)).toBe(key);
  });

  it.each(REFUSED)('is refused if it is %j', async (pasted, why) => {
    const failed = app.byok.setKey(ALICE, 'openai', pasted);
    await expect(failed).rejects.toThrow(InvalidKeyError);
    await expect(failed).rejects.toThrow(why);
    await expect(failed).rejects.not.toThrow(new RegExp(pasted.slice(0, 6).replace(/\W/g, '\\$&')));
  });

  it.each([
    ['', /Fill in the key/],
    [' \u200b ', /Fill in the key/],
    ['short', /at least 8 characters/],
    ['"1234567"', /at least 8 characters/],
    ['k'.repeat(8_193), /at most 8192 characters/],
    [' '.repeat(20_000), /at most 8192 characters/],
  ])('is refused if its length is wrong', async (pasted, why) => {
    const failed = app.byok.setKey(ALICE, 'openai', pasted);
    await expect(failed).rejects.toThrow(InvalidInputError);
    await expect(failed).rejects.toThrow(why);
  });

  it.each(['12345678', 'k'.repeat(8_192), '+/=_-~!@#^&*()|.:?', 'a;b,c"d-efgh', 'Endpoint=sb://x;Key=abc='])(
    'is stored unchanged if it is only unusual',
    async (key) => {
      await app.byok.setKey(ALICE, 'mistral', key);
      expect(await app.byok.getKey(ALICE, 'mistral')).toBe(key);
    },
  );

  it('is stored with a warning if it begins in another way', async () => {
    expect(await app.byok.setKey(ALICE, 'openai', 'made-by-a-gateway-0123')).toMatchObject({ warnings: ['prefix'] });
    expect(await app.byok.setKey(ALICE, 'mistral', 'sk-an-example-of-a-key')).toMatchObject({ warnings: [] });
    expect(await app.byok.setKey(ALICE, 'patterned', 'sk-ant-an-example')).toMatchObject({ warnings: [] });
  });

  it('takes no time to clean, whatever it is', () => {
    const begun = process.cpuUsage();
    for (const hostile of ['"', ' ', 'A', 'KEY', '=', 'Bearer ', 'export ', '\u200b', '“'].map((c) =>
      c.repeat(16_384 / c.length),
    ))
      cleanApiKey(hostile);
    expect(process.cpuUsage(begun).user).toBeLessThan(1_000_000);
  });

  const pem = '-----BEGIN EXAMPLE-----\r\nbm90IGEga2V5\r\n\tbm90IGEga2V5\r\n-----END EXAMPLE-----\r\n';
  const account =
    '{\n  "type": "example_account",\n  "private_key": "-----BEGIN EXAMPLE-----\\nbm90\\n-----END EXAMPLE-----\\n"\n}\n';
  it.each([
    ['pem', pem],
    ['pem', `  ${pem}  `],
    ['pem', 'x'],
    ['pem', 'ä–€🔑'.repeat(10)],
    ['pem', 'k'.repeat(24 * 1024)],
    ['webhook', 'https://hooks.example.com/services/T0/B0/abc'],
    ['vertex', account],
    ['vertex', '{}'],
  ])('of the format of %s is stored byte for byte', async (provider, key) => {
    const stored = await app.byok.setKey(ALICE, provider, key);
    expect(await app.byok.getKey(ALICE, provider)).toBe(key);
    if (/\s|^{/.test(key)) expect(stored.hint).toBe('…');
  });

  it.each([
    ['pem', '', /Fill in the key/],
    ['pem', '\n', /Fill in the key/],
    ['pem', 'nul\0', /control characters/],
    ['pem', 'k'.repeat(24 * 1024 + 1), /at most 24576 bytes/],
    ['pem', 'ä'.repeat(12 * 1024 + 1), /at most 24576 bytes/],
    ['vertex', 'sk-an-example-key', /JSON file/],
    ['vertex', '[1]', /JSON file/],
    ['vertex', 'null', /JSON file/],
    ['vertex', account.slice(0, -3), /JSON file/],
  ])('of the format of %s is refused where it cannot be one', async (provider, key, why) => {
    await expect(app.byok.setKey(ALICE, provider, key)).rejects.toThrow(why);
  });
});
