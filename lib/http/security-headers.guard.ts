import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { setSecurityHeaders } from './response-headers.js';

/**
 * Sets headers rather than guarding: guards are the first to run, so errors of the others carry the headers too.
 *
 * @internal
 */
@Injectable()
export class SecurityHeadersGuard implements CanActivate {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  canActivate(context: ExecutionContext): boolean {
    setSecurityHeaders(this.adapterHost, context.switchToHttp().getResponse());
    return true;
  }
}
