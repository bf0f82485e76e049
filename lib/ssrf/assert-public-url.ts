import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { ByokError } from '../errors/index.js';
import { checkAddress, checkPublicUrl, hostOf, type PublicUrlRules } from './public-host.js';

/** Milliseconds that the system's resolver is waited for, where the caller gives no signal. */
const PATIENCE = 5_000;

/** Options of {@link assertPublicUrl}. @publicApi */
export interface AssertPublicUrlOptions extends PublicUrlRules {
  /** Resolves a name to all of its addresses. Default: the system's resolver, as a connection would use it. */
  lookup?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** Ends the waiting for the resolver. Default: 5 seconds. */
  signal?: AbortSignal;
}

/** A URL whose host was looked up, found to be public, and pinned to what was found. @publicApi */
export interface PublicUrl {
  /** With the host's name, so that the certificate is checked against it. */
  readonly url: URL;
  /** The first address. */
  readonly address: string;
  /** Of `address`. */
  readonly family: 4 | 6;
  /** All addresses; every one of them was checked. */
  readonly addresses: readonly Readonly<LookupAddress>[];
  /**
   * Gives the pinned addresses, whatever name it is asked for and however often: for the option `lookup` of
   * `https.request` and `https.Agent`, and for `connect.lookup` of undici's `Agent`.
   */
  readonly lookup: LookupFunction;
}

/**
 * Checks a URL at the moment of its use, before a request with a user's key goes there: https, no credentials in it,
 * and a host whose every address is public. The result pins the addresses. Without that, a name that answered with a
 * public address here could answer with 127.0.0.1 to the connection a moment later (DNS rebinding).
 *
 * **Redirects** are the other way past a check: do not follow them, or check each target as if it were the first.
 * `https.request` follows none; `fetch` needs `redirect: 'manual'`. A client that follows them by itself connects to an
 * address in a `Location` without asking `lookup`. Use one agent for one checked URL.
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
 * @throws InvalidInputError `BYOK_INVALID_INPUT` where the URL must not be used
 * @throws ByokError `BYOK_UNAVAILABLE` where its host could not be resolved
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
    checkAddress(address, options);
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
