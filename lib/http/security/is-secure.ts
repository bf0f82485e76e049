import type { ByokRequest } from '../../interfaces/index.js';

/** What the platforms put on a request. @internal */
export interface RequestWithProtocol {
  /** Express. */
  secure?: boolean;
  /** Express and Fastify. */
  protocol?: string;
  ip?: string;
  headers?: ByokRequest['headers'];
}

/**
 * Whether a request came by TLS, as far as the platform knows. False if the header has the values of several proxies: the
 * platform takes the first one, which may come from the client.
 *
 * @internal
 */
export function isSecure(request: object): boolean {
  const { secure, protocol, headers } = request as RequestWithProtocol;
  return (secure ?? protocol === 'https') && !String(headers?.['x-forwarded-proto'] ?? '').includes(',');
}

/** Whether an address is a loopback address. @internal */
export function isLoopback(ip = ''): boolean {
  return ip === '::1' || /^(::ffff:)?127\./.test(ip);
}
