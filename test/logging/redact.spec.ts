import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { EncryptionService } from '../../lib/index.js';
import { redact } from '../../lib/entries/logging.js';

/** Random characters of an alphabet. */
function random(length: number, alphabet: string): string {
  return [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]).join('');
}
const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const ALNUM = SMALL + SMALL.toUpperCase() + DIGITS;

const secret = `q7${random(30, ALNUM)}`;

const HEX = `${DIGITS}abcdef`;
const WORD = `${ALNUM}-_`;
const uuid = () => [8, 4, 4, 4, 12].map((length) => random(length, HEX)).join('-');

/** Forms of the keys of providers, all of them made up: with a known beginning, they are redacted always. */
const PREFIXED: Record<string, () => string> = {
  'OpenAI, of a project': () => `sk-proj-${random(140, WORD)}`,
  'OpenAI, of a service account': () => `sk-svcacct-${random(140, WORD)}`,
  'OpenAI, legacy': () => `sk-${random(48, ALNUM)}`,
  Anthropic: () => `sk-ant-api03-${random(93, WORD)}AA`,
  'Google AI Studio': () => `AQ.Ab${random(50, WORD)}`,
  'Google AI Studio, standard': () => `AIzaSy${random(33, WORD)}`,
  'Bedrock, long-term': () => `ABSK${random(130, `${ALNUM}+/`)}=`,
  'Bedrock, short-term': () => `bedrock-api-key-${random(400, ALNUM)}`,
  'AWS, temporary': () => `ASIA${random(16, `${SMALL.toUpperCase()}234567`)}`,
  Groq: () => `gsk_${random(52, ALNUM)}`,
  DeepSeek: () => `sk-${random(32, HEX)}`,
  OpenRouter: () => `sk-or-v1-${random(64, HEX)}`,
  xAI: () => `xai-${random(80, ALNUM)}`,
  Together: () => `tgp_v1_${random(43, WORD)}`,
  Fireworks: () => `fw_${random(24, ALNUM)}`,
  'Fireworks, Fire Pass': () => `fpk_${random(24, ALNUM)}`,
  Perplexity: () => `pplx-${random(48, ALNUM)}`,
  'Hugging Face': () => `hf_${random(34, SMALL + SMALL.toUpperCase())}`,
  'Hugging Face, of an organization': () => `api_org_${random(34, SMALL + SMALL.toUpperCase())}`,
  Replicate: () => `r8_${random(37, WORD)}`,
  ElevenLabs: () => `sk_${random(48, HEX)}`,
  Pinecone: () => `pcsk_${random(6, ALNUM)}_${random(63, ALNUM)}`,
  Cerebras: () => `csk-${random(48, SMALL + DIGITS)}`,
  NVIDIA: () => `nvapi-${random(64, WORD)}`,
  'GitHub, of an installation': () =>
    `ghs_${random(6, DIGITS)}_eyJ${random(20, WORD)}.eyJ${random(200, WORD)}.${random(86, WORD)}`,
  'Stripe, restricted': () => `rk_test_${random(99, ALNUM)}`,
  'Stripe, of an organization': () => `sk_org_${random(24, ALNUM)}`,
  SendGrid: () => `SG.${random(22, WORD)}.${random(43, WORD)}`,
};

/** Forms without a beginning that is known: of these, nearly all are redacted. */
const PLAIN: Record<string, () => string> = {
  Mistral: () => random(32, ALNUM),
  Cohere: () => random(40, ALNUM),
  'Azure OpenAI': () => `${random(52, ALNUM)}JQQJ99${random(14, ALNUM)}AAAACOG${random(5, ALNUM)}`,
  'Azure OpenAI, old': () => random(32, HEX),
  'AWS, secret': () => random(40, `${ALNUM}+/`),
  'Together, old': () => random(64, HEX),
  Deepgram: () => random(40, HEX),
  'Voyage AI': () => `pa-${random(43, WORD)}`,
  'Voyage AI, of Atlas': () => `al-${random(43, WORD)}`,
};

describe('redact', () => {
  it.each(Object.entries(PREFIXED))('takes out every key in the form of %s', (_, make) => {
    for (let i = 0; i < 500; i++) {
      const key = make();
      expect(redact(`401 for ${key} today`)).toBe('401 for [REDACTED] today');
      expect(redact(`{"error":"${key}"}`)).toBe('{"error":"[REDACTED]"}');
    }
  });

  it.each(Object.entries(PLAIN))('takes out nearly every key in the form of %s', (_, make) => {
    const left = Array.from({ length: 2_000 }, make).filter(
      (key) => redact(`401 for ${key} today`) !== '401 for [REDACTED] today',
    );
    expect(left.length).toBeLessThan(2_000 * 0.02);
  });

  it('takes out a UUID that a text calls a key, and no other', () => {
    for (let i = 0; i < 200; i++) {
      const id = uuid();
      for (const before of ['Invalid API key: ', 'API key provided: ', 'the api_key "', 'Api-Key: ', 'Bearer ']) {
        expect(redact(`${before}${id}`)).toBe(`${before}[REDACTED]`);
      }
      for (const text of [
        `user ${id} signed in`,
        `https://api.example.com/V1/Users/${id}/Keys?x=${id}`,
        `API key id ${id} was rotated`,
        `request_id=${id}`,
      ]) {
        expect(redact(text)).toBe(text);
      }
    }
  });

  it.each([
    ['OpenAI', `sk-${random(20, ALNUM)}`],
    ['OpenAI, of a project', `sk-proj-${random(24, `${ALNUM}-_`)}`],
    ['Anthropic', `sk-ant-api03-${random(24, `${ALNUM}-_`)}`],
    ['Stripe', `sk_live_${random(24, ALNUM)}`],
    ['GitHub', `ghp_${random(36, ALNUM)}`],
    ['GitHub, fine-grained', `github_pat_${random(22, ALNUM)}_${random(59, ALNUM)}`],
    ['GitLab', `glpat-${random(20, ALNUM)}`],
    ['Slack', `xoxb-${random(12, DIGITS)}-${random(12, DIGITS)}-${random(24, ALNUM)}`],
    ['Google', `AIza${random(35, `${ALNUM}-_`)}`],
    ['AWS', `AKIA${random(16, SMALL.toUpperCase() + DIGITS)}`],
    ['Hugging Face', `hf_${random(34, ALNUM)}`],
    ['Groq', `gsk_${random(52, ALNUM)}`],
    ['SendGrid', `SG.${random(22, ALNUM)}.${random(43, ALNUM)}`],
    ['this library', EncryptionService.generateSecret()],
    ['a JSON Web Token', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${random(43, ALNUM)}`],
  ])('takes out a key of %s, wherever it stands', (_, key) => {
    for (const [before, after] of [
      ['', ''],
      ['401 for ', ' today'],
      ['(', ')'],
      ['["', '"]'],
      ['https://api.example.com/v1/', '/models'],
      ["Error: key '", "' is invalid\n    at x"],
      ['x=', '&y=1'],
    ]) {
      expect(redact(before + key + after)).toBe(`${before}[REDACTED]${after}`);
    }
  });

  it.each([
    ['{"apiKey":"an example, with blanks","model":"m"}', '{"apiKey":"[REDACTED]","model":"m"}'],
    ['{"api_key": "a\\"b\\\\", "x": "y"}', '{"api_key": "[REDACTED]", "x": "y"}'],
    ['{"body":"{\\"apiKey\\":\\"abc def\\",\\"n\\":1}"}', '{"body":"{\\"apiKey\\":\\"[REDACTED]\\",\\"n\\":1}"}'],
    [
      "{ apiKey: 'abc', headers: { 'x-api-key': 'def' } }",
      "{ apiKey: '[REDACTED]', headers: { 'x-api-key': '[REDACTED]' } }",
    ],
    ['api_key=abc&label=work&password=d%20e', 'api_key=[REDACTED]&label=work&password=[REDACTED]'],
    ['OPENAI_API_KEY=abc node main.js', 'OPENAI_API_KEY=[REDACTED] node main.js'],
    ['BYOK_SECRET: abc', 'BYOK_SECRET: [REDACTED]'],
    ['GET /v1/models?key=abc&alt=sse', 'GET /v1/models?key=[REDACTED]&alt=sse'],
    ['Authorization: Bearer abc def', 'Authorization: [REDACTED]'],
    ['curl -H "Authorization: Bearer abc" https://x.example', 'curl -H "Authorization: [REDACTED]" https://x.example'],
    ['Cookie: sid=s%3Aabc; theme=dark\nHost: x', 'Cookie: [REDACTED]\nHost: x'],
    ['set-cookie: sid=abc; HttpOnly', 'set-cookie: [REDACTED]'],
    ["rawHeaders: ['X-Api-Key', 'abc', 'Host', 'x']", "rawHeaders: ['X-Api-Key', '[REDACTED]', 'Host', 'x']"],
    ['sent Bearer an-example-1f9c to x', 'sent Bearer [REDACTED] to x'],
    ['sent Basic dXNlcjpwYXNz to x', 'sent Basic [REDACTED] to x'],
    ['postgres://byok:an@example@db.example:5432/byok', 'postgres://[REDACTED]@db.example:5432/byok'],
    ['redis://:example@cache.example', 'redis://[REDACTED]@cache.example'],
    [
      'clientSecret=abc refresh_token=def passphrase: ghi',
      'clientSecret=[REDACTED] refresh_token=[REDACTED] passphrase: [REDACTED]',
    ],
    ['-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\nEEIB\n-----END EC PRIVATE KEY-----\nnext', '[REDACTED]\nnext'],
    ['"apiKeys":["abc"]', '"apiKeys":["[REDACTED]"]'],
  ])('takes out what a name says is a secret: %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'a user 0b8f3c1e-52ab-4f6e-9d3c-1f2e3d4c5b6a signed in',
    'commit 1234567890abcdef1234567890abcdef12345678 (HEAD -> main)',
    'image sha256:1f9c2b3a4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8',
    'https://github.com/Example/Project/commit/1234567890abcdef1234567890abcdef12345678',
    'https://github.com/Example/Project/blob/1234567890abcdef1234567890abcdef12345678/lib/index.ts',
    'integrity sha512-1f9C2b3A4d5E6f7081a2B3c4D5e6F7g8h9I0j1K2l3M4n5O6p7Q8r9S0t1U2v3W4x5Y6z7A8b9C0d1E2f3G4hA==',
    'An API key is 8 to 4096 printable characters; your API key for openai-gpt-4o-mini-2024-07-18 works',
    'FAQ.what-is-an-api-key-and-where-do-i-get-one pa-russian-blue-2024 csk-pipeline al-dente',
    'built b6b61f9 in 1234 ms at 2026-11-24T08:12:17.123Z',
    'traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '    at RouterExecutionContext.create (file:///app/node_modules/@nestjs/core/router/router-execution-context.js:46:28)',
    '[Nest] 4711  - 11/24/2026, 8:12:17 AM     LOG [RoutesResolver] ApiKeysController {/byok/api}: +2ms',
    'INSERT INTO "user_api_keys" (owner_kind, owner_id, provider, label, key_id) VALUES ($1, $2, $3, $4, $5)',
    'prepared byok_delete_expired_user_api_keys, CreateByokKeys_user_api_keys_1767225600000',
    'usage: { prompt_tokens: 12, max_tokens: 4096, total_tokens: 512 }',
    'connect ECONNREFUSED 127.0.0.1:5432 https://api.example.com/v1/chat/completions?stream=true#a@b',
    'Basic authentication failed; a Bearer credential is required',
    'pod my-service-deployment-7d9f8b6c5d-x2k4j restarted',
    'https://example.com/a/very/long/path/that/goes/on/and/on/for/ever/index.html mail@example.com',
    'getUserApiKeyFromRequestContextWithFallbackToSessionStorage is not a function',
    '12345678901234567890123456789012345678901234567890',
    '================================================================',
    'the key of sk-learn is not one, nor is the secret of success or a token of thanks',
  ])('leaves what is no secret: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('takes out nearly every random text of 32 or more characters', () => {
    const rates = Object.fromEntries(
      Object.entries<() => string>({
        'base64url, 32 bytes': () => randomBytes(32).toString('base64url'),
        'base64, 32 bytes': () => randomBytes(32).toString('base64'),
        'hex, 16 bytes': () => randomBytes(16).toString('hex'),
        'hex, 32 bytes': () => randomBytes(32).toString('hex').toUpperCase(),
        'letters and digits, 32': () => random(32, ALNUM),
        'letters and digits, 64': () => random(64, ALNUM),
        'small letters and digits, 40': () => random(40, SMALL + DIGITS),
      }).map(([name, make]) => {
        const caught = Array.from({ length: 2_000 }, make).filter((key) => !redact(`got ${key} here`).includes(key));
        return [name, caught.length / 2_000];
      }),
    );
    for (const [name, rate] of Object.entries(rates)) expect([name, rate, rate > 0.9]).toEqual([name, rate, true]);
    expect(Math.min(...Object.values(rates))).toBeGreaterThan(0.9);
    console.info(`Random texts taken out: ${inspect(rates, { breakLength: 200 })}`);
  });

  it('leaves the words of a whole code base', () => {
    const files = ['lib', 'node_modules/typeorm', 'node_modules/@nestjs/core'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|js)$/.test(name))
        .map((name) => `${folder}/${name}`),
    );
    const texts = files.map((name) => readFileSync(name, 'utf8').replace(/^\/\/# source.*$/gm, ''));
    const words = [...files, ...texts.flatMap((text) => text.match(/[A-Za-z0-9+/_-]{32,}/g) ?? [])];
    expect(words.length).toBeGreaterThan(500);
    // Digests in the addresses of source files are taken out: a key can look so, too.
    const changed = words.filter((word) => redact(word) !== word && !/[0-9a-f]{32}/.test(word));
    expect([...new Set(changed)]).toEqual([]);
  });

  it('changes nothing twice, and no text of words', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...[
          'api_key=',
          '"apiKey":"',
          "'password': '",
          'Authorization: ',
          'Bearer ',
          'Cookie: ',
          '://',
          '@',
          '\\"',
          '"',
        ],
        ...['[REDACTED]', 'sk-', 'eyJ', '.', '\n', ' ', '=', "'", ',', '?key=', '-----BEGIN PRIVATE KEY-----', secret],
      ),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const once = redact(pieces.join(''));
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    'a',
    'A1',
    ' ',
    '"',
    '\\',
    '\\"',
    '://',
    '://a:',
    'a://b@',
    'eyJ',
    'eyJaaaaaaaa-',
    'eyJaaaaaaaa.aaaa',
    'sk-',
    'sk-a',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    'api_key=',
    'api_key="',
    'api_key=\\"',
    "api_key='\\",
    'api_key:    ',
    'Bearer ',
    'Bearer a.',
    'authorization: ',
    'xoxb-',
    'github_pat_',
    'SG.aaaaaaaaaaaaaaaa.',
    'token\\\\\\\\',
    'sha256:',
    'AQ.',
    'ABSK',
    'nvapi-a',
    'ghs_aaaaaaaaaaaaaaaa.',
    'api key ',
    'api key aa ',
    'api key aaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'deadbeef-',
    'a1/commit/',
  ])('takes a millionfold %j in its stride', (piece) => {
    const time = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
      const begun = performance.now();
      redact(text);
      return performance.now() - begun;
    };
    time(10_000);
    // Quadratic would be minutes.
    expect(time(1_000_000)).toBeLessThan(10_000);
  });
});
