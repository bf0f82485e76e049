import { ConfigurationError, KeyWrapperError } from '../errors/index.js';
import { parseUrl } from '../validation/index.js';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What to do about a status that asking again does not change. */
const REFUSALS: Record<number, string> = {
  400: 'The wrapped root is not of this transit key and context, or the key does not exist.',
  403: "The token has expired, or its policy does not allow 'update' on the transit key.",
  404: 'There is no transit engine mounted there, or the key does not exist.',
  405: 'There is no transit engine mounted there.',
};

/** @internal */
export interface VaultAnswer {
  data: Record<string, unknown>;
  warnings: string[];
}

/** The address without a slash at its end. @throws ConfigurationError @internal */
export function vaultUrl(address: unknown, allowHttp: boolean): string {
  const url = typeof address === 'string' ? parseUrl(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new ConfigurationError('VaultTransitWrapper: address must be a URL such as https://vault.example.com:8200.');
  }
  if (url.protocol === 'http:' && !allowHttp && !LOOPBACK.test(url.hostname)) {
    throw new ConfigurationError(
      'VaultTransitWrapper: address must be https, for the root of all keys travels there. Where something else encrypts what travels, write allowHttp: true.',
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/**
 * One request, and no part of its answer in an error.
 *
 * @throws KeyWrapperError
 * @internal
 */
export async function postToVault(
  id: string,
  operation: string,
  url: string,
  headers: Record<string, string>,
  body: object,
  signal: AbortSignal,
): Promise<VaultAnswer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', 'X-Vault-Request': 'true' },
      body: JSON.stringify(body),
      signal,
      // Who is redirected takes the token along.
      redirect: 'manual',
    });
    text = await response.text();
  } catch (error) {
    throw new KeyWrapperError(`${id}: Vault did not answer${codeOf(error)}.`, false);
  }
  const { status } = response;
  if (status in REFUSALS) {
    throw new KeyWrapperError(`${id}: Vault refused to ${operation} (status ${status}). ${REFUSALS[status]}`, true);
  }
  if (status !== 200) {
    const why = status === 503 ? 'it is sealed or down' : `status ${status}`;
    throw new KeyWrapperError(`${id}: Vault cannot ${operation} now: ${why}.`, false);
  }
  try {
    const answer = JSON.parse(text) as { data: Record<string, unknown>; warnings?: string[] | null };
    return { data: { ...answer.data }, warnings: answer.warnings ?? [] };
  } catch {
    throw new KeyWrapperError(`${id}: what answered does not speak the protocol of Vault.`, true);
  }
}

/** Of a failure of the network, such as ` (ECONNREFUSED)`. */
function codeOf(error: unknown): string {
  const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? ` (${code})` : '';
}
