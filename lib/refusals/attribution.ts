import type { KeyVerdict, ProviderConfig, ProviderFailure } from '../interfaces/index.js';
import { isHostOf, parseUrl } from '../validation/index.js';
import { hasUnreadBody } from './failure.js';
import { quotesFit, textOf } from './quoted-key.js';
import { isDecided } from './reading.js';

/** A key that a failed call may have been made with. @internal */
export interface Candidate {
  readonly provider: string;
  readonly apiKey: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Providers by name, as the option has them. @internal */
export type Providers = Readonly<Record<string, ProviderConfig>>;

/**
 * The verdict on a key that is surely meant by a failed call: of all providers only its own recognizes the failure, the
 * address is one of its provider's, and what the error quotes of a key is of this key and no other. Never throws.
 *
 * @internal
 */
export function attribute<C extends Candidate>(
  failure: ProviderFailure,
  candidates: readonly C[],
  providers: Providers,
): { key: C; verdict: KeyVerdict } | undefined {
  if (isDecided(failure.error)) return undefined;
  const found = Object.keys(providers).flatMap((provider) => {
    const own = candidates.filter((key) => key.provider === provider);
    const verdict = recognize(failure, providers[provider], own);
    return verdict ? [{ provider, verdict }] : [];
  });
  if (found.length !== 1) return undefined;
  const [{ provider, verdict }] = found;
  const own = candidates.filter((key) => key.provider === provider);
  const key = meant(failure, own, providers[provider]);
  return key && { key, verdict };
}

/**
 * The verdict on the key that a piece of work was given: that of its own provider, unless the error is from another
 * address or quotes another key. Never throws.
 *
 * @internal
 */
export function attributeTo(failure: ProviderFailure, key: Candidate, providers: Providers): KeyVerdict | undefined {
  const config = providers[key.provider];
  if (!config || isDecided(failure.error)) return undefined;
  const verdict = recognize(failure, config, [key], true);
  return verdict && meant(failure, [key], config) ? verdict : undefined;
}

/** Whether a failed call may be a refusal by one of these providers, before it is known which key was used. @internal */
export function mayBeRefusal(failure: ProviderFailure, named: readonly string[], providers: Providers): boolean {
  if (isDecided(failure.error)) return false;
  const { status = 0, body } = failure;
  // Nothing waits for the body of a `Response` here.
  const isUnread = status >= 400 && body === undefined && hasUnreadBody(failure.error);
  return named.some((provider) => {
    const config = providers[provider];
    return config?.readFailure !== undefined && (isUnread || verdictOf(failure, config) !== undefined);
  });
}

/** Whether a verdict says that the key cannot be used for the call. @internal */
export function isUnusable({ outcome, reason }: KeyVerdict): boolean {
  return outcome === 'refused' || (outcome === 'accepted' && (reason === 'restricted' || reason === 'no-credit'));
}

function recognize(
  failure: ProviderFailure,
  config: ProviderConfig,
  keys: readonly Candidate[],
  isSure = false,
): KeyVerdict | undefined {
  const { url } = failure;
  if (url !== undefined && !isFrom(url, config, keys, isSure)) return undefined;
  return verdictOf(failure, config);
}

/** An error with a status and nothing of an answer may be anybody's. */
function verdictOf(failure: ProviderFailure, { readFailure }: ProviderConfig): KeyVerdict | undefined {
  const { headers, body, url } = failure;
  if (!readFailure || (headers === undefined && body === undefined && url === undefined)) return undefined;
  try {
    const verdict = readFailure(failure);
    return verdict && isUnusable(verdict) ? verdict : undefined;
  } catch {
    return undefined;
  }
}

/** The one key that fits, if it is one. */
function meant<C extends Candidate>(
  failure: ProviderFailure,
  keys: readonly C[],
  { keyPrefix = [] }: ProviderConfig,
): C | undefined {
  const text = textOf(failure);
  const prefixes = [keyPrefix].flat();
  const fitting = [...new Set(keys)].filter(({ apiKey }) => quotesFit(text, apiKey, prefixes));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/**
 * Whether an address is one of a provider's, or of what the key's own fields say.
 *
 * @param isSure - Whether the key was used: then a provider whose addresses are unknown may have any.
 */
function isFrom(address: string, config: ProviderConfig, keys: readonly Candidate[], isSure: boolean): boolean {
  const url = new URL(address);
  const { hosts = [], baseUrl, fields = {} } = config;
  const names = Object.keys(fields).filter((name) => fields[name].type === 'url');
  const addresses = [baseUrl, ...keys.flatMap((key) => names.map((name) => key.fields[name]))];
  const own = addresses.flatMap((each) => (each === undefined ? [] : (parseUrl(each)?.host ?? [])));
  if (isSure && hosts.length === 0 && own.length === 0) return true;
  return own.includes(url.host) || isHostOf(url.hostname, hosts);
}
