import type { ByokRequest } from '../../interfaces/index.js';
import { parseUrl } from '../../validation/index.js';

/**
 * Whether another site could have made a browser send a request: `allowed` and `refused` follow from the headers alone,
 * `if signed in` needs a user that `resolveUser` finds.
 *
 * @internal
 */
export type Verdict = 'allowed' | 'refused' | 'if signed in';

type Headers = ByokRequest['headers'];

/** Schemes whose credentials a browser adds to requests of other sites too, as it adds cookies. */
const AUTOMATIC = new Set(['basic', 'digest', 'negotiate', 'ntlm', 'kerberos', 'mutual', 'hoba']);

/** What browsers write into `Sec-Fetch-Site`. */
const SITES = ['same-origin', 'none', 'same-site', 'cross-site'];

/** For forms. They carry a token too, which is checked later. @internal */
export function judgeForm({ origin, 'sec-fetch-site': site }: Headers, publicOrigins: readonly string[]): Verdict {
  if (isSameOrigin(site)) return 'allowed';
  return site === undefined && isListed(origin, publicOrigins) ? 'allowed' : 'refused';
}

/** For the JSON API. @internal */
export function judgeApi(headers: Headers, publicOrigins: readonly string[]): Verdict {
  const { cookie, origin, 'sec-fetch-site': site } = headers;
  if (isSameOrigin(site) || isListed(origin, publicOrigins)) return 'allowed';
  if (cookie !== undefined) return 'refused';
  const scheme = schemeOf(headers.authorization);
  const isBrowser = site !== undefined || origin !== undefined;
  // A program. It names its user in Authorization, or in a header of the application's own.
  if (!isBrowser) return scheme === undefined ? 'if signed in' : 'allowed';
  if (scheme === undefined || AUTOMATIC.has(scheme)) return 'refused';
  // Without a user, the key would go into a new session, which another site could thus plant in a browser.
  return 'if signed in';
}

/** Whether there is an `Authorization` header with something in it. @internal */
export function hasCredentials({ authorization }: Headers): boolean {
  return schemeOf(authorization) !== undefined;
}

/**
 * Which headers are missing or wrong, for the answer to a request that is refused. Repeats values only if they are what a
 * browser could have written there.
 *
 * @internal
 */
export function describeHeaders(headers: Headers): string {
  const { cookie, origin, authorization, 'sec-fetch-site': site } = headers;
  return [
    `Sec-Fetch-Site is ${describeSite(site)}`,
    `Origin is ${describeOrigin(origin)}`,
    `Authorization is ${describeAuthorization(authorization, cookie !== undefined)}`,
  ].join('; ');
}

function isSameOrigin(site: unknown): boolean {
  return site === 'same-origin' || site === 'none';
}

/** The exact text: a browser writes every origin in one way. */
function isListed(origin: unknown, publicOrigins: readonly string[]): boolean {
  return typeof origin === 'string' && publicOrigins.includes(origin);
}

/** In lower case; `undefined` without credentials. */
function schemeOf(authorization: unknown): string | undefined {
  return typeof authorization === 'string' ? /\S+/.exec(authorization)?.[0].toLowerCase() : undefined;
}

function describeSite(site: Headers[string]): string {
  if (site === undefined) return 'missing';
  return SITES.includes(String(site)) ? String(site) : 'not a value that browsers send';
}

function describeOrigin(origin: Headers[string]): string {
  if (origin === undefined) return 'missing';
  if (origin === 'null') return 'null';
  const text = String(origin);
  const isOrigin = text.length <= 128 && parseUrl(text)?.origin === text;
  return `${isOrigin ? text : 'not a valid origin'}, which is not in publicOrigins`;
}

function describeAuthorization(authorization: unknown, hasCookie: boolean): string {
  const scheme = schemeOf(authorization);
  if (scheme === undefined) return 'missing';
  if (hasCookie) return 'present, but counts only without a Cookie header';
  return AUTOMATIC.has(scheme) ? 'of a scheme that browsers send by themselves' : 'present';
}
