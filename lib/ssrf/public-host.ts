import { isIP } from 'node:net';
import { InvalidInputError } from '../errors/index.js';
import { parseUrl } from '../validation/index.js';
import { isPrivateNetworkAddress, isPublicAddress } from './public-address.js';

/** Which addresses are accepted besides public ones. @publicApi */
export interface PublicUrlRules {
  /**
   * Also accept hosts in private networks (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7 and names
   * such as `llm.internal`), for models that an organization serves itself. Never this machine, link-local addresses or
   * metadata services. Default false.
   */
  allowPrivate?: boolean;
  /**
   * Beside `allowPrivate`: also accept http, for hosts in private networks only.
   * @defaultValue `false`
   */
  allowHttp?: boolean;
}

const LOOPBACK = new Set(['localhost', 'localdomain']);
/** Top-level domains that are not public. */
const PRIVATE_ENDS = new Set(['local', 'internal', 'intranet', 'lan', 'home', 'corp', 'private', 'arpa']);
const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'api.metadata.cloud.ibm.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** White space and invisible characters that come along when an address is copied. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;

const WRITE = 'Write the https address of a public host, such as https://api.example.com/v1.';
const NOT_PUBLIC = `This address is not one of the public internet. ${WRITE}`;

/**
 * Parses a URL and makes every check that needs no DNS. The URL parser normalizes 2130706433, 0x7f.1, 017700000001 and
 * full-width digits.
 *
 * @throws InvalidInputError with what to write instead
 * @internal
 */
export function checkPublicUrl(value: string | URL, rules: PublicUrlRules = {}): URL {
  const url = parseUrl(String(value));
  if (!url) throw new InvalidInputError(`This is not an address. ${WRITE}`, 'url');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBeHttp(url, rules))) {
    throw new InvalidInputError(`This is not an https address. ${WRITE}`, 'url');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidInputError(`An address must not have a user name or a password in it. ${WRITE}`, 'url');
  }
  checkHost(url, rules);
  return url;
}

/**
 * A base URL in the parser's own spelling, without a trailing slash: what is stored is exactly what was checked. Reading it
 * again gives the same text.
 *
 * @throws InvalidInputError
 * @internal
 */
export function checkBaseUrl(value: string, rules: PublicUrlRules = {}): string {
  const text = value.replace(AROUND, '');
  // The parser would join two lines to one host.
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) {
    throw new InvalidInputError(`An address must not contain line breaks or control characters. ${WRITE}`, 'url');
  }
  const { href } = checkPublicUrl(text, rules);
  // An SDK appends a path to it.
  if (/[?#]/.test(href)) throw new InvalidInputError(`An address must not have a query or a fragment. ${WRITE}`, 'url');
  return href.replace(/\/+$/, '');
}

/** The host of a URL, without the brackets of IPv6. @internal */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Checks an address that the host of a URL has.
 *
 * @throws InvalidInputError
 * @internal
 */
export function checkAddress(address: string, { allowPrivate = false }: PublicUrlRules, { protocol }: URL): void {
  if (isPublicAddress(address) && protocol === 'https:') return;
  if (allowPrivate && isPrivateNetworkAddress(address)) return;
  throw new InvalidInputError(NOT_PUBLIC, 'url');
}

/** Whether the host is in a private network as far as its name says; its addresses are checked as well. */
function mayBeHttp(url: URL, { allowPrivate = false, allowHttp = false }: PublicUrlRules): boolean {
  return allowPrivate && allowHttp && (isIP(hostOf(url)) !== 0 || isPrivateName(url.hostname));
}

/** Whether a host is this machine or in a private network, as far as its name says. @internal */
export function isLocalHost(url: URL): boolean {
  const host = hostOf(url);
  if (isIP(host)) return !isPublicAddress(host);
  return isPrivateName(host) || LOOPBACK.has(host.split('.').at(-1)!);
}

/**
 * Whether a text can be the address of an API that the application itself names: https, or http on this machine or its
 * network, without a user, a query or a fragment.
 *
 * @internal
 */
export function isApiAddress(text: string): boolean {
  const url = parseUrl(text);
  if (!url || !/^https?:\/\/[^/]/i.test(text) || text.length > 2048 || /[\s\p{C}\\?#]/u.test(text)) return false;
  return url.username === '' && url.password === '' && (url.protocol === 'https:' || isLocalHost(url));
}

function isPrivateName(hostname: string): boolean {
  const labels = hostname.split('.');
  return labels.length === 1 || PRIVATE_ENDS.has(labels.at(-1)!);
}

function checkHost(url: URL, rules: PublicUrlRules): void {
  const { hostname } = url;
  const address = hostOf(url);
  if (isIP(address)) return checkAddress(address, rules, url);
  if (hostname.endsWith('.')) throw new InvalidInputError(`A host's name must not end with a dot. ${WRITE}`, 'url');
  const end = hostname.split('.').at(-1)!;
  if (LOOPBACK.has(end) || METADATA_NAMES.has(hostname) || (isPrivateName(hostname) && rules.allowPrivate !== true)) {
    throw new InvalidInputError(NOT_PUBLIC, 'url');
  }
}
