import {
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { AnyResponse } from '../expiry/index.js';
import { requireModule } from './require-module.js';
import { RouteSupport } from './route-support.js';

/**
 * After a request that used keys, removes the caller's expired ones: after the response, at most once a minute per
 * owner and after a hundred requests a second, and without ever failing one. The sweep removes what is left. An expired
 * key is never handed out, with or without it.
 *
 * The module's own routes have it, and guarded routes do the same by themselves: an interceptor costs each request more
 * than its key does. Put it on other handlers that ask `ByokService`, or on all with `APP_INTERCEPTOR`. Does nothing
 * where `cleanup.onRequest` is false.
 *
 * @example
 * ```ts
 * @UseInterceptors(CleanupInterceptor)
 * @Get('models')
 * async models(@Req() request: ByokRequest) {
 *   return listModels(await this.byok.getKey(request, 'openai'));
 * }
 * ```
 *
 * @publicApi
 */
@Injectable()
export class CleanupInterceptor implements NestInterceptor, OnModuleInit {
  /** @internal */
  constructor(@Optional() private readonly support: RouteSupport) {}

  /** Called by Nest. @throws ConfigurationError if the module of the handler does not see `ByokModule` */
  onModuleInit(): void {
    requireModule(this.support, this);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    requireModule(this.support, this);
    if (context.getType() === 'http') {
      const http = context.switchToHttp();
      this.support.cleanUpAfter(http.getRequest<object>(), http.getResponse<AnyResponse>());
    }
    return next.handle();
  }
}
