import { knownProviderIds, knownProviders, type KnownProviderId } from '../../lib/providers/index.js';
import { REQUESTS } from './requests.js';

const LIST = 'its list of models';
const all = knownProviders(...knownProviderIds);

/** What an accepted key got. */
const PROOFS: Record<KnownProviderId, string> = {
  openai: LIST,
  anthropic: LIST,
  'google-gemini': LIST,
  'azure-openai': 'the list of models, at this endpoint',
  'bedrock-api-key': 'the list of models, in this region',
  'aws-access-key': 'whose pair it is; nothing of its rights',
  mistral: LIST,
  cohere: '`valid: true`',
  groq: LIST,
  deepseek: 'the balance; without one: no credit',
  openrouter: 'the facts about the key; limit used up: no credit, management key: restricted',
  xai: 'the facts about the key; blocked: refused',
  together: LIST,
  fireworks: LIST,
  perplexity: 'its list of models, with a control',
  huggingface: 'whose token it is; not whether it may call models',
  replicate: 'the account',
  elevenlabs: 'the user; without this right: restricted',
  deepgram: 'the facts about the key',
  voyage: 'its list of files',
  pinecone: 'its indexes; without this right: restricted',
  cerebras: LIST,
  'nvidia-nim': 'whose key it is',
  github: 'the user; an installation: restricted',
  stripe: 'the balance; without this right: restricted',
  sendgrid: 'what the key may do',
  'openai-compatible': 'its list of models, with a control',
};

/** The catalogue as docs/providers.md has it. */
export function catalogueTable(): string[][] {
  return knownProviderIds.map((id) => {
    const { url, method = 'GET', fields = {} } = REQUESTS[id];
    const address = Object.entries(fields).reduce((text, [name, value]) => text.replace(value, `{${name}}`), url);
    const names = Object.entries(all[id].fields ?? {}).map(
      ([name, { required }]) => `\`${name}\`${required ? '' : '?'}`,
    );
    const request = `\`${method} ${address.replace('https://', '')}\``;
    return [`\`${id}\``, all[id].name!, request, PROOFS[id], names.join(', ')];
  });
}
