import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { CheckFetch, CheckRequest, ProviderConfig } from '../interfaces/index.js';
import { assertPublicUrl } from '../ssrf/index.js';

const MAX_BODY = 1024 * 1024;
const USER_AGENT = 'nestjs-byok (key check)';
/** Statuses that a `Response` must not have a body with. */
const WITHOUT_BODY = new Set([204, 205, 304]);

type Target = Pick<RequestOptions, 'lookup'>;

/**
 * The `fetch` of one check, see `CheckFetch`. It never follows a redirect, so a provider's own address leads nowhere else.
 *
 * @internal
 */
export function checkFetch(
  config: ProviderConfig,
  fields: Readonly<Record<string, string>>,
  apiKey: string,
  signal: AbortSignal,
): CheckFetch {
  return async (address, request = {}) => {
    const url = new URL(address);
    if (holdsKey(addedTo(url, config, fields), apiKey))
      throw new Error('A key must not be in an address. Put it into a header or the body.');
    const target = isOwnOrigin(url, config) ? {} : await publicTarget(url, config, fields, signal);
    return toResponse(await send(url, request, target, signal));
  };
}

/** Addresses are logged by everything on the way. */
function holdsKey(address: string, apiKey: string): boolean {
  return [apiKey, encodeURI(apiKey), encodeURIComponent(apiKey)].some((text) => address.includes(text));
}

/** What the checker added to an address: the key `ollama` may be a word of the address of its server. */
function addedTo(url: URL, config: ProviderConfig, fields: Readonly<Record<string, string>>): string {
  const ownFields = Object.entries(config.fields ?? {}).filter(([, { type }]) => type === 'url');
  const bases = [config.baseUrl, ...ownFields.map(([name]) => fields[name])];
  const base = bases.find((each) => each !== undefined && each !== '' && url.href.startsWith(each));
  if (base !== undefined) return url.href.slice(base.length);
  return isOwnOrigin(url, config) ? url.pathname + url.search + url.hash : url.href;
}

/** Whether the application itself wrote this origin. */
function isOwnOrigin({ origin, protocol, host }: URL, { hosts = [], baseUrl }: ProviderConfig): boolean {
  if (baseUrl !== undefined && new URL(baseUrl).origin === origin) return true;
  return protocol === 'https:' && hosts.includes(host);
}

/** Any other address may come from a user's field, and is checked by the rules of the field that it comes from. */
async function publicTarget(
  url: URL,
  config: ProviderConfig,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Target> {
  const [, rules] =
    Object.entries(config.fields ?? {}).find(
      ([name, { type }]) => type === 'url' && fields[name] && new URL(fields[name]).origin === url.origin,
    ) ?? [];
  const { allowPrivate, allowHttp } = rules ?? {};
  const { lookup } = await assertPublicUrl(url, { allowPrivate, allowHttp, signal });
  return { lookup };
}

function send(
  url: URL,
  { method = 'GET', headers, body }: CheckRequest,
  target: Target,
  signal: AbortSignal,
): Promise<{ message: IncomingMessage; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      ...target,
      method,
      signal,
      // A connection that is kept open would be used again without a look at its address.
      agent: false,
      headers: {
        'user-agent': USER_AGENT,
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    };
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (message) => {
      const chunks: Buffer[] = [];
      let size = 0;
      message.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_BODY) message.destroy(new Error('The answer is longer than 1 MiB.'));
      });
      message.on('end', () => resolve({ message, body: Buffer.concat(chunks) }));
      message.on('error', reject);
      message.on('close', () => reject(new Error('The answer was cut off.')));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function toResponse({ message, body }: { message: IncomingMessage; body: Buffer }): Response {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return new Response(WITHOUT_BODY.has(status) ? null : new Uint8Array(body), { status, headers });
}
