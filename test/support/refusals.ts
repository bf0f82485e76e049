import type { FailureReader, ProviderConfig } from '../../lib/index.js';

/** A field of the body of an answer. */
export function field(body: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], body);
}

/** Reads the answers of an API in OpenAI's form, with a marker of its own in the type. */
export function readerOf(name: string): FailureReader {
  return ({ status, body }) => {
    if (field(body, 'error', 'type') !== `${name}_error`) return undefined;
    if (status === 401) return { outcome: 'refused', reason: 'invalid' };
    if (status === 402) return { outcome: 'accepted', reason: 'no-credit' };
    if (status === 403) return { outcome: 'accepted', reason: 'restricted' };
    return status === 429 ? { outcome: 'unknown', reason: 'rate-limited' } : undefined;
  };
}

/** A provider of the tests. */
export function providerOf(name: string, more: ProviderConfig = {}): ProviderConfig {
  return { hosts: [`api.${name}.example`], readFailure: readerOf(name), ...more };
}

/** An error as SDKs throw it: with the status, the headers and the inner part of the body. */
export function sdkError(name: string, status: number, message = 'Incorrect key.', more: object = {}): Error {
  class AuthenticationError extends Error {}
  const error = { message, type: `${name}_error` };
  return Object.assign(new AuthenticationError(`${status} ${message}`), { status, headers: {}, error, ...more });
}
