import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { SecurityError } from '../errors/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that another site made a browser send. Fetch Metadata decides where the browser sends it, else the
 * exact Origin; the Host header is the client's to choose and never asked.
 *
 * @internal
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  constructor(@Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions) {}

  /** @throws {SecurityError} `BYOK_CSRF` */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ByokRequest & { method: string }>();
    if (SAFE.has(request.method) || this.#isTrusted(request.headers)) return true;
    throw new SecurityError('BYOK_CSRF', 'This request did not come from this site.');
  }

  #isTrusted(headers: ByokRequest['headers']): boolean {
    const site = headers['sec-fetch-site'];
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    const origin = headers.origin;
    if (origin !== undefined) return typeof origin === 'string' && this.options.publicOrigins.includes(origin);
    // No browser sends neither; and without a cookie there is nothing of the user's that another site could ride on.
    return headers.cookie === undefined && headers.authorization !== undefined;
  }
}
