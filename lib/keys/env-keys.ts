import { InvalidInputError, InvalidKeyError } from '../errors/index.js';

/**
 * The value of `API_KEY_OPENAI` and the like, `undefined` where it is not set or empty. What cannot stand in a
 * variable's name becomes an underscore: `open-router` is `API_KEY_OPEN_ROUTER`.
 *
 * @param prefix - Default `'API_KEY_'`.
 * @publicApi
 */
export function getEnvKey(provider: string, prefix = 'API_KEY_'): string | undefined {
  return process.env[prefix + provider.toUpperCase().replace(/[^A-Z0-9]/g, '_')] || undefined;
}

/** Whether it was stored; false where what is set can be no key. @internal */
export function unlessInvalid(stored: Promise<unknown>): Promise<boolean> {
  return stored.then(
    () => true,
    (error: unknown) => {
      if (error instanceof InvalidInputError || error instanceof InvalidKeyError) return false;
      throw error;
    },
  );
}
