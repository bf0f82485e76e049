import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/**
 * Refuses requests that other sites make a browser send. Without it, another site could sign a visitor in as a user of its
 * own, who would then receive the visitor's key.
 */
@Injectable()
export class SameSiteGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const site = context.switchToHttp().getRequest<Request>().get('sec-fetch-site');
    if (site === undefined || site === 'same-origin' || site === 'none') return true;
    throw new ForbiddenException('This request did not come from this site.');
  }
}
