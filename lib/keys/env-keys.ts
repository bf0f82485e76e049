import { InvalidInputError, InvalidKeyError } from '../errors/index.js';

/** The names that well-known providers give to the variable of their key, by this library's name of the provider. */
const COMMON_NAMES: Record<string, readonly string[]> = {
  anthropic: ['ANTHROPIC_API_KEY'],
  'azure-openai': ['AZURE_OPENAI_API_KEY'],
  'bedrock-api-key': ['AWS_BEARER_TOKEN_BEDROCK'],
  cerebras: ['CEREBRAS_API_KEY'],
  cohere: ['COHERE_API_KEY', 'CO_API_KEY'],
  deepgram: ['DEEPGRAM_API_KEY'],
  deepseek: ['DEEPSEEK_API_KEY'],
  elevenlabs: ['ELEVENLABS_API_KEY'],
  fireworks: ['FIREWORKS_API_KEY'],
  'google-gemini': ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  groq: ['GROQ_API_KEY'],
  huggingface: ['HF_TOKEN'],
  mistral: ['MISTRAL_API_KEY'],
  'nvidia-nim': ['NVIDIA_API_KEY'],
  openai: ['OPENAI_API_KEY'],
  openrouter: ['OPENROUTER_API_KEY'],
  perplexity: ['PERPLEXITY_API_KEY'],
  pinecone: ['PINECONE_API_KEY'],
  replicate: ['REPLICATE_API_TOKEN'],
  together: ['TOGETHER_API_KEY'],
  voyage: ['VOYAGE_API_KEY'],
  xai: ['XAI_API_KEY'],
};

const PREFIX = 'API_KEY_';

/**
 * A provider's key from the environment, `undefined` if none is set. For `openai` the first of `API_KEY_OPENAI`,
 * `OPENAI_API_KEY`, `OPENAI_API_TOKEN` and `OPENAI_TOKEN` is taken; for some providers also the name that they use
 * themselves, such as `HF_TOKEN`. What a variable's name cannot have becomes an underscore: `open-router` is
 * `OPEN_ROUTER_API_KEY`.
 *
 * @param prefix - Look only for the name with this prefix: with `KEY_` for `KEY_OPENAI`.
 * @publicApi
 */
export function getEnvKey(provider: string, prefix?: string): string | undefined {
  const name = envNameOf(provider, prefix);
  return name === undefined ? undefined : process.env[name];
}

/** The variable that a provider's key is in. @internal */
export function envNameOf(provider: string, prefix?: string): string | undefined {
  return envNamesOf(provider, prefix).find((name) => process.env[name]);
}

/** The variables that a provider's key may be in, the first that is set counts. @internal */
export function envNamesOf(provider: string, prefix?: string): string[] {
  const name = provider.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  if (prefix !== undefined) return [prefix + name];
  const common = COMMON_NAMES[provider] ?? [];
  return [...new Set([PREFIX + name, `${name}_API_KEY`, `${name}_API_TOKEN`, `${name}_TOKEN`, ...common])];
}

/** The providers whose keys are in the environment: of any, under the name with our prefix, and well-known ones. @internal */
export function providersInEnv(): string[] {
  const ours = Object.keys(process.env)
    .filter((name) => /^API_KEY_[A-Z0-9][A-Z0-9_]*$/.test(name) && process.env[name])
    .map((name) => name.slice(PREFIX.length).toLowerCase().replaceAll('_', '-'));
  const common = Object.keys(COMMON_NAMES).filter((provider) =>
    COMMON_NAMES[provider].some((name) => process.env[name]),
  );
  return [...new Set([...ours, ...common])].sort();
}

/** Whether it was stored; false if what is set cannot be a key. @internal */
export function unlessInvalid(stored: Promise<unknown>): Promise<boolean> {
  return stored.then(
    () => true,
    (error: unknown) => {
      if (error instanceof InvalidInputError || error instanceof InvalidKeyError) return false;
      throw error;
    },
  );
}
