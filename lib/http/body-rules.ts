import { ByokError } from '../errors/index.js';
import type { ByokRequest } from '../interfaces/index.js';

/** Bytes. Far above what the longest key needs. */
const MAX_BODY = 16 * 1024;

/** The media type of a request's body, in lower case and without its parameters. @internal */
export function mediaTypeOf({ headers }: ByokRequest): string {
  return String(headers['content-type'] ?? '')
    .split(';')[0]
    .trim()
    .toLowerCase();
}

/** The application's own parser may take more than we do. @throws {ByokError} `BYOK_TOO_LARGE` @internal */
export function refuseLarge({ headers, body }: ByokRequest & { body?: unknown }): void {
  const declared = headers['content-length'];
  if (declared === undefined ? sizeOf(body) > MAX_BODY : Number(declared) > MAX_BODY) throw tooLarge();
}

/** @internal */
export function tooLarge(): ByokError {
  return new ByokError('BYOK_TOO_LARGE', `A request can be at most ${MAX_BODY} bytes long.`);
}

/** @internal */
export function unsupportedMediaType(): ByokError {
  return new ByokError('BYOK_UNSUPPORTED_MEDIA_TYPE', 'Send JSON in UTF-8, with Content-Type: application/json.');
}

function sizeOf(body: unknown): number {
  return body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body) ?? '');
}
