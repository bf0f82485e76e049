import type { ByokRequest } from '../../interfaces/index.js';

/**
 * What an operator must change if a proxy says that a request came by https and the platform does not believe it;
 * `undefined` if no proxy says so. Only for the log: any client can write these headers.
 *
 * @internal
 */
export function proxyMistakeOf(headers: ByokRequest['headers'] = {}): string | undefined {
  const proto = String(headers['x-forwarded-proto'] ?? '').toLowerCase();
  if (proto.includes(',')) {
    return "came with several values in x-forwarded-proto, of which the first may be the client's; have the proxy replace the header instead of appending to it";
  }
  if (proto.trim() === 'https') {
    return "came as http with x-forwarded-proto: https; set trust proxy (Express: app.set('trust proxy', '<address>'), Fastify: trustProxy)";
  }
  const other = Object.entries(OTHER_HEADERS).find(([name, value]) => value.test(String(headers[name] ?? '')))?.[0];
  return (
    other &&
    `came as http with ${other}, which neither Express nor Fastify reads; have the proxy send x-forwarded-proto and set trust proxy to its address`
  );
}

const OTHER_HEADERS = {
  forwarded: /proto="?https/i,
  'x-forwarded-ssl': /^on$/i,
  'front-end-https': /^on$/i,
  'x-forwarded-scheme': /^https$/i,
  'x-url-scheme': /^https$/i,
  'cloudfront-forwarded-proto': /^https$/i,
};
