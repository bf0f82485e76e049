import { isIP } from 'node:net';
import { InvalidInputError } from '../errors/index.js';
import { isPrivateNetworkAddress, isPublicAddress } from './public-address.js';

/** Which addresses are taken beside public ones. @publicApi */
export interface PublicUrlRules {
  /**
   * Take hosts of private networks too (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7 and names
   * such as `llm.internal`), for models an organisation serves itself. Never this machine, link-local addresses or
   * metadata services. Default false.
   */
  allowPrivate?: boolean;
}

const LOOPBACK = new Set(['localhost', 'localdomain']);
/** Ends of names that no public name has. */
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
 * The parsed URL, after every check that needs no DNS. The URL parser has brought 2130706433, 0x7f.1, 017700000001 and
 * full-width digits into one form by then.
 *
 * @throws InvalidInputError saying what to write
 * @internal
 */
export function checkPublicUrl(value: string | URL, rules: PublicUrlRules = {}): URL {
  const url = parse(String(value));
  if (!url) throw new InvalidInputError(`This is not an address. ${WRITE}`, 'url');
  if (url.protocol !== 'https:') throw new InvalidInputError(`This is not an https address. ${WRITE}`, 'url');
  if (url.username !== '' || url.password !== '') {
    throw new InvalidInputError(`An address must not have a user name or a password in it. ${WRITE}`, 'url');
  }
  checkHost(url.hostname, rules);
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

/** The host of a URL without the brackets of IPv6, as a connection takes it. @internal */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** @throws InvalidInputError @internal */
export function checkAddress(address: string, { allowPrivate = false }: PublicUrlRules): void {
  if (isPublicAddress(address) || (allowPrivate && isPrivateNetworkAddress(address))) return;
  throw new InvalidInputError(NOT_PUBLIC, 'url');
}

function checkHost(hostname: string, rules: PublicUrlRules): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address)) return checkAddress(address, rules);
  if (hostname.endsWith('.')) throw new InvalidInputError(`A host's name must not end with a dot. ${WRITE}`, 'url');
  const labels = hostname.split('.');
  const end = labels.at(-1)!;
  const isPrivate = labels.length === 1 || PRIVATE_ENDS.has(end);
  if (LOOPBACK.has(end) || METADATA_NAMES.has(hostname) || (isPrivate && rules.allowPrivate !== true)) {
    throw new InvalidInputError(NOT_PUBLIC, 'url');
  }
}

/** Not `URL.canParse`: once it is hot, that of Node 20 refuses names such as münchen.example. */
function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
