import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { WriteLimits, type WriteRequest } from './write-limits.js';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Limits how often keys are written. @internal */
@Injectable()
export class WriteRateLimitGuard implements CanActivate {
  constructor(private readonly limits: WriteLimits) {}

  /** @throws ByokError `BYOK_TOO_MANY_REQUESTS` @throws StorageError if the limiter fails */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<WriteRequest>();
    if (!SAFE.has(request.method)) await this.limits.count(request, http.getResponse());
    return true;
  }
}
