import { ByokError } from '../../errors/index.js';
import type { ByokRequest } from '../../interfaces/index.js';

/** Bytes. @internal */
export const MAX_BODY = 48 * 1024;

/** The media type of a request's body, in lower case and without its parameters. @internal */
export function mediaTypeOf({ headers }: ByokRequest): string {
  return String(headers['content-type'] ?? '')
    .split(';')[0]
    .trim()
    .toLowerCase();
}

/**
 * Whether a body is in UTF-8, as far as its sender says. A parser that does not know other ones would read it wrong.
 *
 * @internal
 */
export function isUtf8({ headers }: ByokRequest): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(String(headers['content-type'] ?? ''))?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}

/**
 * The application's own parser may take more than we do, and a compressed body is longer than its header says.
 *
 * @throws ByokError `BYOK_TOO_LARGE`
 * @internal
 */
export function refuseLarge({ headers, body }: ByokRequest & { body?: unknown }): void {
  if (Number(headers['content-length'] ?? 0) > MAX_BODY || sizeOf(body) > MAX_BODY) throw tooLarge(MAX_BODY);
}

/** @param limit - Bytes, if it is known who refused the request. @internal */
export function tooLarge(limit?: number): ByokError {
  const text = limit === undefined ? 'The request is too large.' : `A request can be at most ${limit} bytes long.`;
  return new ByokError('BYOK_TOO_LARGE', text);
}

/** @internal */
export function unsupportedMediaType(): ByokError {
  return new ByokError('BYOK_UNSUPPORTED_MEDIA_TYPE', 'Send JSON in UTF-8, with Content-Type: application/json.');
}

/** Whether a request brought a body, of whatever type. @internal */
export function hasBody({ headers }: ByokRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function sizeOf(body: unknown): number {
  return body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body) ?? '');
}
