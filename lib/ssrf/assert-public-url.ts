import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { ByokError } from '../errors/index.js';
import { checkAddress, checkPublicUrl, hostOf, type PublicUrlRules } from './public-host.js';

/** Milliseconds to wait for the system's resolver, without a signal from the caller. */
const PATIENCE = 5_000;

/** Options of {@link assertPublicUrl}. @publicApi */
export interface AssertPublicUrlOptions extends PublicUrlRules {
  /**
   * Resolves a name to all of its addresses.
   * @defaultValue the system's resolver
   */
  lookup?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /**
   * Ends the wait for the resolver.
   * @defaultValue 5 seconds
   */
  signal?: AbortSignal;
}

/** A URL whose host resolves only to public addresses, with those addresses pinned. @publicApi */
export interface PublicUrl {
  /** With the host's name, so that the certificate is checked against that name. */
  readonly url: URL;
  /** The first address. */
  readonly address: string;
  /** IP version of `address`. */
  readonly family: 4 | 6;
  /** All addresses, all checked. */
  readonly addresses: readonly Readonly<LookupAddress>[];
  /**
   * Returns the pinned addresses for any name: for the option `lookup` of `https.request` and `https.Agent`, and for
   * `connect.lookup` of undici's `Agent`.
   */
  readonly lookup: LookupFunction;
}

/**
 * Checks a URL just before a request with a user's key is sent to it: it must be https, without credentials, and all addresses of
 * its host must be public. The result pins the addresses; otherwise, the name could resolve to 127.0.0.1 a moment later (DNS
 * rebinding).
 *
 * Do not follow **redirects**, or check each target the same way. `https.request` does not follow them; `fetch` needs
 * `redirect: 'manual'`. A client that follows redirects connects to an IP address in `Location` without calling `lookup`. Use one
 * agent per checked URL.
 *
 * @example With node:https
 * ```ts
 * const target = await assertPublicUrl(key.fields.endpoint);
 * https.get(target.url, { lookup: target.lookup }, (response) => …);
 * ```
 * @example With undici
 * Also for an SDK with the option `fetchOptions: { dispatcher }`:
 * ```ts
 * const target = await assertPublicUrl(key.fields.endpoint);
 * const dispatcher = new Agent({ connect: { lookup: target.lookup } });
 * const response = await fetch(target.url, { dispatcher, redirect: 'manual' });
 * // A status of 3xx: await assertPublicUrl(new URL(response.headers.get('location')!, target.url)), and again.
 * ```
 *
 * @throws InvalidInputError `BYOK_INVALID_INPUT` if the URL is not allowed
 * @throws ByokError `BYOK_UNAVAILABLE` if the host cannot be resolved
 * @publicApi
 */
export async function assertPublicUrl(value: string | URL, options: AssertPublicUrlOptions = {}): Promise<PublicUrl> {
  const { lookup = resolve, signal } = options;
  signal?.throwIfAborted();
  const url = checkPublicUrl(value, options);
  const host = hostOf(url);
  const family = isIP(host);
  const found = family ? [{ address: host, family }] : await inTime(async () => lookup(host), signal);
  if (!Array.isArray(found) || found.length === 0) throw unresolved();
  const addresses = found.map(({ address }: LookupAddress) => {
    checkAddress(address, options, url);
    return Object.freeze({ address, family: isIP(address) });
  });
  const [first] = addresses;
  return Object.freeze({
    url,
    address: first.address,
    family: first.family as 4 | 6,
    addresses: Object.freeze(addresses),
    lookup: pinned(addresses),
  });
}

const resolveAll: (hostname: string, options: LookupAllOptions) => Promise<LookupAddress[]> = promisify(systemLookup);

function resolve(hostname: string): Promise<LookupAddress[]> {
  return resolveAll(hostname, { all: true });
}

/** The system's resolver cannot be interrupted, only no longer waited for. */
async function inTime<T>(find: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const end = signal ?? AbortSignal.timeout(PATIENCE);
  let abandon!: () => void;
  const ended = new Promise<never>((_, reject) => {
    abandon = () => reject(signal ? (signal.reason as Error) : unresolved());
    end.addEventListener('abort', abandon, { once: true });
  });
  try {
    return await Promise.race([find().catch(() => Promise.reject(unresolved())), ended]);
  } finally {
    end.removeEventListener('abort', abandon);
  }
}

function unresolved(): ByokError {
  return new ByokError('BYOK_UNAVAILABLE', 'The host of this address could not be resolved. Try again.');
}

function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const wanted = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
    const fitting = addresses.filter(({ family }) => wanted === 0 || family === wanted);
    // As `dns.lookup` does: never before the caller has gone on.
    process.nextTick(() => {
      if (fitting.length === 0) {
        const error = Object.assign(new Error('No pinned address is of this family.'), { code: 'ENOTFOUND' });
        callback(error, options.all ? [] : '');
      } else if (options.all) {
        callback(null, [...fitting]);
      } else {
        callback(null, fitting[0].address, fitting[0].family);
      }
    });
  };
}
