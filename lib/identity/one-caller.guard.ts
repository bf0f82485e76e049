import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ByokRequest } from '../interfaces/index.js';
import { CallerResolver } from './caller-resolver.js';

/**
 * On the module's own routes, after the application's global guards: from here on, `resolveUser` is asked once.
 *
 * @internal
 */
@Injectable()
export class OneCallerGuard implements CanActivate {
  constructor(private readonly callers: CallerResolver) {}

  canActivate(context: ExecutionContext): boolean {
    this.callers.hold(context.switchToHttp().getRequest<ByokRequest>());
    return true;
  }
}
