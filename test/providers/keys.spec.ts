import { describe, expect, it } from '@jest/globals';
import { InvalidKeyError } from '../../lib/errors/index.js';
import { checkApiKey } from '../../lib/keys/api-key-input.js';
import { checkFields } from '../../lib/keys/field-input.js';
import { checkProviderConfigs } from '../../lib/options/provider-options.js';
import { knownProviderIds, knownProviders, type KnownProviderId } from '../../lib/providers/index.js';

const all = checkProviderConfigs(knownProviders(...knownProviderIds));

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const HEX = '0123456789abcdef';
const ALNUM = LOWER + LOWER.toUpperCase() + DIGITS;

/** As long and as mixed as a real key, and plainly none: the same everywhere. */
function fill(alphabet: string, length: number): string {
  return Array.from({ length }, (_, i) => alphabet[(i * 7 + 3) % alphabet.length]).join('');
}

/** How keys of each provider look, documented or seen. */
const SHAPES: Record<KnownProviderId, readonly string[]> = {
  openai: [
    `sk-${fill(ALNUM, 48)}`,
    `sk-proj-${fill(ALNUM + '_-', 156)}`,
    `sk-svcacct-${fill(ALNUM + '_-', 156)}`,
    `sk-None-${fill(ALNUM, 48)}`,
    `sk-admin-${fill(ALNUM, 120)}`,
  ],
  anthropic: [`sk-ant-api03-${fill(ALNUM + '_-', 93)}AA`, `sk-ant-api04-${fill(ALNUM, 93)}AA`],
  'google-gemini': [`AIzaSy${fill(ALNUM + '_-', 33)}`, `AQ.Ab${fill(ALNUM + '_-', 48)}`],
  'azure-openai': [fill(HEX, 32), `${fill(ALNUM, 52)}JQQJ99${fill(ALNUM, 15)}AAAACOG${fill(ALNUM, 4)}`],
  'bedrock-api-key': [`ABSK${fill(ALNUM + '+/', 127)}=`, `bedrock-api-key-${fill(ALNUM + '+/', 1_000)}==`],
  'aws-access-key': [fill(ALNUM + '/+', 40)],
  mistral: [fill(ALNUM, 32)],
  cohere: [fill(ALNUM, 40)],
  groq: [`gsk_${fill(ALNUM, 52)}`],
  deepseek: [`sk-${fill(HEX, 32)}`],
  openrouter: [`sk-or-v1-${fill(HEX, 64)}`],
  xai: [`xai-${fill(ALNUM, 80)}`],
  together: [fill(HEX, 64), `tgp_v1_${fill(ALNUM + '_-', 43)}`],
  fireworks: [`fw_${fill(ALNUM, 24)}`, `fpk_${fill(ALNUM, 24)}`],
  perplexity: [`pplx-${fill(ALNUM, 48)}`],
  huggingface: [`hf_${fill(ALNUM, 34)}`, `api_org_${fill(ALNUM, 34)}`],
  replicate: [`r8_${fill(ALNUM, 37)}`, fill(HEX, 40)],
  elevenlabs: [`sk_${fill(HEX, 48)}`, fill(HEX, 32)],
  deepgram: [fill(HEX, 40)],
  voyage: [`pa-${fill(ALNUM + '_-', 43)}`, `al-${fill(ALNUM, 43)}`],
  pinecone: [`pcsk_${fill(ALNUM, 5)}_${fill(ALNUM, 63)}`, '00000000-1111-2222-3333-444444444444'],
  cerebras: [`csk-${fill(LOWER + DIGITS, 48)}`],
  'nvidia-nim': [`nvapi-${fill(ALNUM + '_-', 64)}`, `nvapi--${fill(ALNUM, 63)}`],
  github: [
    `ghp_${fill(ALNUM, 36)}`,
    `github_pat_${fill(ALNUM, 22)}_${fill(ALNUM, 59)}`,
    `ghs_123456_${fill(ALNUM, 100)}.${fill(ALNUM, 300)}.${fill(ALNUM + '_-', 100)}`,
    fill(HEX, 40),
  ],
  stripe: [
    `sk_live_${fill(ALNUM, 99)}`,
    `sk_test_${fill(ALNUM, 24)}`,
    `rk_live_${fill(ALNUM, 99)}`,
    `sk_org_${fill(ALNUM, 99)}`,
  ],
  sendgrid: [`SG.${fill(ALNUM + '_-', 22)}.${fill(ALNUM + '_-', 43)}`],
  'openai-compatible': ['ollama', 'https://a', `sk-${fill(ALNUM, 48)}`, `sk-ant-api03-${fill(ALNUM, 93)}AA`],
};
/** Keys of a shape without the prefix that keys have today. */
const WITHOUT_PREFIX = new Set([fill(HEX, 64), fill(HEX, 40), fill(HEX, 32), SHAPES.pinecone[1]]);

describe('A key, where all providers are configured', () => {
  it.each(knownProviderIds.flatMap((id) => SHAPES[id].map((key): [KnownProviderId, string] => [id, key])))(
    'of %s is taken: %s',
    (id, key) => {
      const warned = WITHOUT_PREFIX.has(key) && all[id].keyPrefix !== undefined;
      expect(checkApiKey(key, id, all)).toEqual({ apiKey: key, warnings: warned ? ['prefix'] : [] });
    },
  );

  it.each<[KnownProviderId, KnownProviderId, string]>([
    ['anthropic', 'openai', 'Anthropic'],
    ['openrouter', 'openai', 'OpenRouter'],
    ['stripe', 'elevenlabs', 'Stripe'],
    ['groq', 'xai', 'Groq'],
    ['openai', 'anthropic', 'OpenAI'],
    ['github', 'mistral', 'GitHub'],
    ['google-gemini', 'azure-openai', 'Google Gemini'],
  ])('of %s is not one of %s', (owner, provider, name) => {
    const key = owner === 'openai' ? SHAPES.openai[1] : SHAPES[owner][0];
    expect(() => checkApiKey(key, provider, all)).toThrow(InvalidKeyError);
    expect(() => checkApiKey(key, provider, all)).toThrow(`This is a key for ${name}`);
  });

  it('with a prefix that several share is taken by each', () => {
    const [key] = SHAPES.deepseek;
    expect(checkApiKey(key, 'openai', all).warnings).toEqual([]);
    expect(checkApiKey(SHAPES.openai[0], 'deepseek', all).warnings).toEqual([]);
  });

  it('is never what the empty input shows', () => {
    for (const id of knownProviderIds) {
      const { placeholder, keyFormat } = all[id];
      if (placeholder === undefined || keyFormat === 'text') continue;
      expect(() => checkApiKey(placeholder, id, all)).toThrow();
    }
  });
});

describe('The fields of a provider', () => {
  const ok = (id: KnownProviderId, fields: Record<string, string>) => checkFields(fields, all[id]);

  it('take what is right', () => {
    expect(ok('bedrock-api-key', { region: 'us-gov-west-1' })).toEqual({ region: 'us-gov-west-1' });
    const pair = { accessKeyId: 'AKIDEXAMPLEEXAMPLE' };
    expect(ok('aws-access-key', pair)).toEqual(pair);
    const project = { organization: 'org-example', project: 'proj_example' };
    expect(ok('openai', project)).toEqual(project);
    expect(ok('sendgrid', { region: 'eu' })).toEqual({ region: 'eu' });
    expect(ok('azure-openai', { endpoint: 'https://a.openai.azure.com/' })).toEqual({
      endpoint: 'https://a.openai.azure.com',
    });
  });

  it.each<[KnownProviderId, Record<string, string>]>([
    ['bedrock-api-key', { region: 'evil.example/' }],
    ['bedrock-api-key', {}],
    ['aws-access-key', { accessKeyId: 'AKIDEXAMPLEEXAMPLE', region: 'us-east-1.evil.example' }],
    ['aws-access-key', { accessKeyId: 'a b' }],
    ['sendgrid', { region: 'evil' }],
    ['azure-openai', { endpoint: 'http://a.openai.azure.com' }],
    ['azure-openai', {}],
    ['openai-compatible', { baseUrl: 'https://127.0.0.1/v1' }],
  ])('of %s refuse %j', (id, fields) => {
    expect(() => ok(id, fields)).toThrow();
  });

  it('that go into an address change only with the key', () => {
    for (const id of ['bedrock-api-key', 'aws-access-key', 'sendgrid'] as const) {
      expect(all[id].fields!['region']).toMatchObject({ inAddress: true, pattern: expect.any(RegExp) });
    }
  });
});
