import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import { setSecurityHeaders, setTransportSecurity } from './response-headers.js';

/**
 * Sets headers rather than guarding: guards are the first to run, so errors of the others carry the headers too.
 *
 * @internal
 */
@Injectable()
export class SecurityHeadersGuard implements CanActivate {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const response = http.getResponse<unknown>();
    setSecurityHeaders(this.adapterHost, response);
    setTransportSecurity(this.adapterHost, http.getRequest<ByokRequest>(), response, this.options);
    return true;
  }
}
