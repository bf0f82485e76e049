import { InvalidInputError, InvalidKeyError } from '../errors/index.js';

/** Names that providers use and that do not follow from their identifier. */
const OTHER_NAMES: Record<string, readonly string[]> = {
  'aws-bedrock': ['AWS_BEARER_TOKEN_BEDROCK'],
  'bedrock-api-key': ['AWS_BEARER_TOKEN_BEDROCK'],
  bedrock: ['AWS_BEARER_TOKEN_BEDROCK'],
  gemini: ['GOOGLE_API_KEY'],
  google: ['GEMINI_API_KEY'],
  'google-gemini': ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  huggingface: ['HF_TOKEN'],
  'nvidia-nim': ['NVIDIA_API_KEY'],
  stripe: ['STRIPE_SECRET_KEY'],
};

/**
 * A provider's key from the environment, `undefined` if it is not set or empty. For `openai` the first of `API_KEY_OPENAI`,
 * `OPENAI_API_KEY`, `OPENAI_API_TOKEN` and `OPENAI_TOKEN` is taken, for some providers also the name that they use
 * themselves, such as `HF_TOKEN`. What a variable's name cannot have becomes an underscore: `open-router` is
 * `OPEN_ROUTER_API_KEY`.
 *
 * @param prefix - Only look for the name with this prefix: with `KEY_` for `KEY_OPENAI`.
 * @publicApi
 */
export function getEnvKey(provider: string, prefix?: string): string | undefined {
  const name = provider.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  const names =
    prefix === undefined
      ? [`API_KEY_${name}`, `${name}_API_KEY`, `${name}_API_TOKEN`, `${name}_TOKEN`, ...(OTHER_NAMES[provider] ?? [])]
      : [prefix + name];
  return names.map((each) => process.env[each]).find((value) => value);
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
