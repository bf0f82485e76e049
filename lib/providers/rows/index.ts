import type { KnownProviderId } from '../ids.js';
import type { ProviderRow } from '../provider-row.js';
import { awsAccessKey, azureOpenAi, bedrockApiKey } from './clouds.js';
import * as hosts from './model-hosts.js';
import * as makers from './model-makers.js';
import * as services from './services.js';

/** All rows of the catalogue. */
export const ROWS: Readonly<Record<KnownProviderId, ProviderRow>> = {
  openai: makers.openai,
  anthropic: makers.anthropic,
  'google-gemini': makers.gemini,
  'azure-openai': azureOpenAi,
  'bedrock-api-key': bedrockApiKey,
  'aws-access-key': awsAccessKey,
  mistral: makers.mistral,
  cohere: makers.cohere,
  groq: makers.groq,
  deepseek: makers.deepseek,
  openrouter: hosts.openrouter,
  xai: makers.xai,
  together: hosts.together,
  fireworks: hosts.fireworks,
  perplexity: hosts.perplexity,
  huggingface: hosts.huggingface,
  replicate: hosts.replicate,
  elevenlabs: services.elevenlabs,
  deepgram: services.deepgram,
  voyage: services.voyage,
  pinecone: services.pinecone,
  cerebras: hosts.cerebras,
  'nvidia-nim': hosts.nvidia,
  github: services.github,
  stripe: services.stripe,
  sendgrid: services.sendgrid,
  'openai-compatible': hosts.openaiCompatible,
};
