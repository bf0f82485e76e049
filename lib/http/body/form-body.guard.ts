import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ByokError } from '../../errors/index.js';
import type { ByokRequest } from '../../interfaces/index.js';
import { isUtf8, mediaTypeOf, refuseLarge } from './body-rules.js';

/** Takes what an HTML form sends, and nothing that is large. @internal */
@Injectable()
export class FormBodyGuard implements CanActivate {
  /** @throws ByokError `BYOK_UNSUPPORTED_MEDIA_TYPE` or `BYOK_TOO_LARGE` */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ByokRequest & { method: string; body?: unknown }>();
    refuseLarge(request);
    const isForm = mediaTypeOf(request) === 'application/x-www-form-urlencoded' && isUtf8(request);
    if (request.method === 'POST' && !isForm) {
      throw new ByokError(
        'BYOK_UNSUPPORTED_MEDIA_TYPE',
        'Send the form as application/x-www-form-urlencoded, in UTF-8.',
      );
    }
    return true;
  }
}
