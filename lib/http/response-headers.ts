import type { HttpAdapterHost } from '@nestjs/core';

const ALWAYS: Record<string, string> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
};

/** What a cache has to tell apart, were it to keep the answer all the same. */
const VARY = 'Cookie, Authorization, Accept, Origin, Sec-Fetch-Site';

/** Puts the security headers on an answer, on either platform. @internal */
export function setSecurityHeaders({ httpAdapter }: HttpAdapterHost, response: unknown): void {
  if (httpAdapter.isHeadersSent(response)) return;
  for (const [name, value] of Object.entries(ALWAYS)) httpAdapter.setHeader(response, name, value);
  httpAdapter.setHeader(response, 'Vary', VARY);
}
