/** At use, these are not surely about the key. */
export const ONLY_AT_A_CHECK = new Set([
  'groq: a permission',
  'mistral: a permission',
  'pinecone: a key without the role',
  'github: a single sign-on',
]);
/** Without an address these could be anybody's. */
export const NEEDS_ADDRESS = new Set([
  'openai: insufficient permissions',
  'openai: another 403',
  'google-gemini: no credentials',
  'google-gemini: a permission',
  'bedrock-api-key: a key that is over',
  'aws-access-key: a wrong secret, twice',
  'aws-access-key: a token that is over',
  'mistral: a wrong key',
  'mistral: a wrong key, in the other form',
  'mistral: no credit',
  'cohere: no credit',
  'xai: no key',
  'xai: a permission',
  'fireworks: no credit',
  'perplexity: a wrong key',
  'perplexity: no quota',
  'deepgram: a wrong key as 400',
  'pinecone: a wrong key',
  'cerebras: no credit',
  'cerebras: a permission',
  'nvidia-nim: a wrong key',
  'nvidia-nim: no credit',
  'sendgrid: a permission',
  'sendgrid: credits that are used up',
  'openai-compatible: a wrong key',
  'openai-compatible: a wrong key, in words',
  'openai-compatible: no credit',
]);

/** The SDK of OpenAI drops a body without `error`, and says nothing of the address. */
export const DROPPED_BY_OPENAI = new Set(['cerebras: a wrong key', 'nvidia-nim: the refusal at use']);
