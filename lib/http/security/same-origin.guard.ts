import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { SecurityError } from '../../errors/index.js';
import { CallerResolver } from '../../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses requests that another site made a browser send. Fetch Metadata decides where the browser sends it, else the
 * exact Origin; the Host header is the client's to choose and never asked. A request with neither is no browser's, and
 * is taken where it has no cookie that another site could ride on and says by a header who it is for.
 *
 * Runs before bodies are looked at and writes are counted: what another site sends uses up nobody's limit.
 *
 * @internal
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly callers: CallerResolver,
  ) {}

  /** @throws SecurityError `BYOK_CSRF` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ByokRequest & { method: string }>();
    if (SAFE.has(request.method) || (await this.#isTrusted(request))) return true;
    throw new SecurityError('BYOK_CSRF', 'This request did not come from this site.');
  }

  async #isTrusted(request: ByokRequest): Promise<boolean> {
    const { cookie, origin, authorization, 'sec-fetch-site': site } = request.headers;
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    if (origin !== undefined) return typeof origin === 'string' && this.options.publicOrigins.includes(origin);
    if (cookie !== undefined) return false;
    if (authorization !== undefined) return true;
    // Without a cookie, a user can only have been told by another header or by the connection itself.
    return (await this.callers.caller(request)).userId !== undefined;
  }
}
