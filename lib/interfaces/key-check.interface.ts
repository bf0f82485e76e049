/**
 * What a provider said of a key. `accepted`: the provider knows it. `refused`: it definitely does not. `unknown`: everything
 * else, such as an outage, a time-out or an answer that cannot be read: nothing is concluded from it.
 *
 * @publicApi
 */
export type KeyOutcome = 'accepted' | 'refused' | 'unknown';

/**
 * The reason for an outcome. Accepted: `restricted` (the key has limited permissions), `no-credit` or `rate-limited`.
 * Refused: `invalid`, `revoked` or `expired`. Unknown: `rate-limited`, `wrong-region` (the provider does not serve this
 * location), `unreachable`, `unreadable` (the response says nothing about the key) or `not-checkable` (the provider has no
 * check).
 *
 * @publicApi
 */
export type KeyVerdictReason =
  | 'invalid'
  | 'revoked'
  | 'expired'
  | 'restricted'
  | 'no-credit'
  | 'rate-limited'
  | 'wrong-region'
  | 'unreachable'
  | 'unreadable'
  | 'not-checkable';

/** A provider's word about a key. @publicApi */
export interface KeyVerdict {
  outcome: KeyOutcome;
  reason?: KeyVerdictReason;
}

/** A request of a checker. @publicApi */
export interface CheckRequest {
  /**
   * Method of HTTP.
   * @defaultValue `'GET'`
   */
  method?: string;
  /** Headers, by name. The key belongs here or into the body, never into the address. */
  headers?: Record<string, string>;
  /** A body of text. */
  body?: string;
}

/**
 * Sends a checker's request without following redirects or retrying, within 8 seconds and up to a response body of 1 MiB.
 * The address must be public, unless the provider's configuration lists its origin in `hosts` or `baseUrl`. Rejects if the
 * provider does not respond.
 *
 * @publicApi
 */
export type CheckFetch = (url: string | URL, request?: CheckRequest) => Promise<Response>;

/** What a checker is given. @publicApi */
export interface KeyToCheck {
  readonly provider: string;
  readonly apiKey: string;
  /** Values of the extra fields, by name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Aborted when the time for the check is over. */
  readonly signal: AbortSignal;
  readonly fetch: CheckFetch;
}

/**
 * Asks a provider whether it accepts a key. If it rejects, nothing is known: `unknown`.
 *
 * @example
 * ```ts
 * const check: KeyChecker = async ({ apiKey, fetch }) => {
 *   const { status } = await fetch('https://api.example.com/me', { headers: { authorization: `Bearer ${apiKey}` } });
 *   if (status === 200) return { outcome: 'accepted' };
 *   return status === 401 ? { outcome: 'refused', reason: 'invalid' } : { outcome: 'unknown', reason: 'unreadable' };
 * };
 * ```
 *
 * @publicApi
 */
export type KeyChecker = (key: KeyToCheck) => Promise<KeyVerdict>;

/** What is known of a failed call of a provider, from whatever was thrown. @publicApi */
export interface ProviderFailure {
  /** Status of the response. */
  readonly status?: number;
  /** Headers of the response, with names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of the response: parsed if it is JSON, else its text. */
  readonly body?: unknown;
  /** Address of the request, if the error has it. */
  readonly url?: string;
  /** What was thrown. */
  readonly error: unknown;
}

/**
 * Reads a failed call: what it says of the key, `undefined` if it is not about the key or not from this provider.
 *
 * @publicApi
 */
export type FailureReader = (failure: ProviderFailure) => KeyVerdict | undefined;

/** The last word about a stored key. @publicApi */
export interface LastCheck {
  outcome: KeyOutcome;
  reason: KeyVerdictReason | null;
  at: Date;
  /** Whether it was checked, or used. */
  by: 'check' | 'use';
}
