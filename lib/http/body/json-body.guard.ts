import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ByokRequest } from '../../interfaces/index.js';
import { hasBody, isUtf8, mediaTypeOf, refuseLarge, unsupportedMediaType } from './body-rules.js';

/** Takes JSON bodies only, and none that is large. @internal */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  /** @throws ByokError `BYOK_UNSUPPORTED_MEDIA_TYPE` or `BYOK_TOO_LARGE` */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ByokRequest & { method: string; body?: unknown }>();
    refuseLarge(request);
    const isJson = mediaTypeOf(request) === 'application/json' && isUtf8(request);
    if (!isJson && (['PUT', 'PATCH'].includes(request.method) || hasBody(request))) throw unsupportedMediaType();
    return true;
  }
}
