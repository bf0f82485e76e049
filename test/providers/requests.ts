import type { KnownProviderId } from '../../lib/providers/index.js';

/** A check as it must reach the provider. */
export interface Expected {
  method?: 'POST';
  url: string;
  /** Headers that must have this value. `{key}` is the key. */
  headers: Record<string, string>;
  body?: string;
  fields?: Record<string, string>;
  /** What an application writes as `baseUrl`, as the SDK takes it. */
  base: string;
}

const BEARER = { authorization: 'Bearer {key}' };
const get = (url: string, base: string, headers: Record<string, string> = BEARER): Expected => ({ url, base, headers });

export const REQUESTS: Record<KnownProviderId, Expected> = {
  openai: get('https://api.openai.com/v1/models', 'https://api.openai.com/v1'),
  anthropic: get('https://api.anthropic.com/v1/models?limit=1', 'https://api.anthropic.com', {
    'x-api-key': '{key}',
    'anthropic-version': '2023-06-01',
  }),
  'google-gemini': get(
    'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1',
    'https://generativelanguage.googleapis.com',
    { 'x-goog-api-key': '{key}' },
  ),
  'azure-openai': {
    url: 'https://example.openai.azure.com/openai/models?api-version=2024-10-21',
    base: 'https://example.openai.azure.com',
    headers: { 'api-key': '{key}' },
    fields: { endpoint: 'https://example.openai.azure.com' },
  },
  'bedrock-api-key': {
    url: 'https://bedrock.eu-central-1.amazonaws.com/foundation-models',
    base: 'https://bedrock.eu-central-1.amazonaws.com',
    headers: BEARER,
    fields: { region: 'eu-central-1' },
  },
  'aws-access-key': {
    method: 'POST',
    url: 'https://sts.eu-west-1.amazonaws.com/',
    base: 'https://sts.eu-west-1.amazonaws.com',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    fields: { accessKeyId: 'AKIDEXAMPLEEXAMPLE', region: 'eu-west-1' },
  },
  mistral: get('https://api.mistral.ai/v1/models', 'https://api.mistral.ai'),
  cohere: {
    method: 'POST',
    url: 'https://api.cohere.com/v1/check-api-key',
    base: 'https://api.cohere.com',
    headers: { ...BEARER, 'content-type': 'application/json' },
    body: '{}',
  },
  groq: get('https://api.groq.com/openai/v1/models', 'https://api.groq.com'),
  deepseek: get('https://api.deepseek.com/user/balance', 'https://api.deepseek.com'),
  openrouter: get('https://openrouter.ai/api/v1/key', 'https://openrouter.ai/api/v1'),
  xai: get('https://api.x.ai/v1/api-key', 'https://api.x.ai/v1'),
  together: get('https://api.together.xyz/v1/models', 'https://api.together.xyz/v1'),
  fireworks: get('https://api.fireworks.ai/inference/v1/models', 'https://api.fireworks.ai/inference/v1'),
  perplexity: get('https://api.perplexity.ai/v1/models', 'https://api.perplexity.ai'),
  huggingface: get('https://huggingface.co/api/whoami-v2', 'https://huggingface.co'),
  replicate: get('https://api.replicate.com/v1/account', 'https://api.replicate.com/v1'),
  elevenlabs: get('https://api.elevenlabs.io/v1/user', 'https://api.elevenlabs.io', { 'xi-api-key': '{key}' }),
  deepgram: get('https://api.deepgram.com/v1/auth/token', 'https://api.deepgram.com', {
    authorization: 'Token {key}',
  }),
  voyage: get('https://api.voyageai.com/v1/files', 'https://api.voyageai.com/v1'),
  pinecone: get('https://api.pinecone.io/indexes', 'https://api.pinecone.io', {
    'api-key': '{key}',
    'x-pinecone-api-version': '2025-10',
  }),
  cerebras: get('https://api.cerebras.ai/v1/models', 'https://api.cerebras.ai'),
  'nvidia-nim': {
    method: 'POST',
    url: 'https://api.ngc.nvidia.com/v3/keys/get-caller-info',
    base: 'https://integrate.api.nvidia.com/v1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'credentials={key}',
  },
  github: get('https://api.github.com/user', 'https://api.github.com', {
    ...BEARER,
    'x-github-api-version': '2022-11-28',
  }),
  stripe: get('https://api.stripe.com/v1/balance', 'https://api.stripe.com'),
  sendgrid: get('https://api.sendgrid.com/v3/scopes', 'https://api.sendgrid.com'),
  'openai-compatible': {
    url: 'https://llm.example.com/v1/models',
    base: 'https://llm.example.com/v1',
    headers: BEARER,
    fields: { baseUrl: 'https://llm.example.com/v1' },
  },
};
