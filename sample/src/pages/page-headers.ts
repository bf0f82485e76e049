import { applyDecorators, Header } from '@nestjs/common';

/** Nothing inline, nothing of another site. */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** What every page of the sample is sent with. */
export function PageHeaders(): MethodDecorator {
  return applyDecorators(
    Header('Content-Type', 'text/html; charset=utf-8'),
    Header('Content-Security-Policy', POLICY),
    // The page that asks for a key finds by the referrer where to go back to.
    Header('Referrer-Policy', 'same-origin'),
    Header('X-Content-Type-Options', 'nosniff'),
    Header('Cache-Control', 'no-store'),
  );
}
