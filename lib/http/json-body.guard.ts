import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ByokError } from '../errors/index.js';
import type { ByokRequest } from '../interfaces/index.js';

/** Bytes. Far above what the longest key needs. */
export const MAX_BODY = 16 * 1024;

/** Takes JSON bodies only, and none that is large. @internal */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  /** @throws {ByokError} `BYOK_UNSUPPORTED_MEDIA_TYPE` or `BYOK_TOO_LARGE` */
  canActivate(context: ExecutionContext): boolean {
    const { headers, method, body } = context
      .switchToHttp()
      .getRequest<ByokRequest & { method: string; body?: unknown }>();
    refuseLarge(headers, body);
    const mediaType = String(headers['content-type'] ?? '')
      .split(';')[0]
      .trim()
      .toLowerCase();
    if (method === 'PUT' && mediaType !== 'application/json') {
      throw new ByokError('BYOK_UNSUPPORTED_MEDIA_TYPE', 'Send JSON, with Content-Type: application/json.');
    }
    return true;
  }
}

/** The application's own parser may take more than we do. @throws {ByokError} `BYOK_TOO_LARGE` @internal */
export function refuseLarge(headers: ByokRequest['headers'], body: unknown): void {
  const declared = Number(headers['content-length'] ?? 0);
  if (declared > MAX_BODY || (headers['content-length'] === undefined && sizeOf(body) > MAX_BODY)) throw tooLarge();
}

/** @internal */
export function tooLarge(): ByokError {
  return new ByokError('BYOK_TOO_LARGE', `A request can be at most ${MAX_BODY} bytes long.`);
}

function sizeOf(body: unknown): number {
  return body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body) ?? '');
}
