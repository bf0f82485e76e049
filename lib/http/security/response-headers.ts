import type { HttpAdapterHost } from '@nestjs/core';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import { isLoopback, isSecure } from './is-secure.js';

const ALWAYS: Record<string, string> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // With `no-referrer`, browsers send `Origin: null` with our own forms.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
};

/** What a cache must distinguish if it keeps the response in spite of the other headers. */
const VARY = 'Cookie, Authorization, Accept, Accept-Language, Origin, Sec-Fetch-Site';

/** Seconds: a year, which is what lists of preloaded sites ask for. */
const HSTS = 'max-age=31536000';

/** Puts the security headers on an answer, on either platform. @internal */
export function setSecurityHeaders({ httpAdapter }: HttpAdapterHost, response: unknown): void {
  if (httpAdapter.isHeadersSent(response)) return;
  for (const [name, value] of Object.entries(ALWAYS)) httpAdapter.setHeader(response, name, value);
  httpAdapter.setHeader(response, 'Vary', VARY);
}

/**
 * Has browsers come by TLS from now on. Not on answers that came without it, where the header means nothing and could be
 * anybody's; not to a developer's own machine, whose other ports it would hold for too; and not over what the application
 * has said itself.
 *
 * @internal
 */
export function setTransportSecurity(
  { httpAdapter }: HttpAdapterHost,
  request: ByokRequest & { ip?: string },
  response: unknown,
  { https }: ResolvedByokOptions,
): void {
  if (https === 'off' || !isSecure(request) || (https === 'warn' && isLoopback(request.ip))) return;
  if (httpAdapter.isHeadersSent(response) || httpAdapter.getHeader(response, 'Strict-Transport-Security')) return;
  httpAdapter.setHeader(response, 'Strict-Transport-Security', HSTS);
}
