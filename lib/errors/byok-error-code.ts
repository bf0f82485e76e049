/**
 * Every `code` a {@link ByokError} can have, with the HTTP status it becomes at the edge.
 *
 * @publicApi
 */
export const BYOK_ERROR_STATUS = {
  BYOK_KEY_REQUIRED: 403,
  BYOK_KEY_REFUSED: 403,
  BYOK_KEY_NO_CREDIT: 402,
  BYOK_KEY_RESTRICTED: 403,
  BYOK_USER_REQUIRED: 401,
  BYOK_FORBIDDEN: 403,
  BYOK_KEY_NOT_FOUND: 404,
  BYOK_INVALID_INPUT: 400,
  BYOK_INVALID_KEY: 422,
  BYOK_CSRF: 403,
  BYOK_HTTPS_REQUIRED: 403,
  BYOK_KEY_LIMIT: 409,
  BYOK_CONFLICT: 409,
  BYOK_TOO_LARGE: 413,
  BYOK_UNSUPPORTED_MEDIA_TYPE: 415,
  BYOK_TOO_MANY_REQUESTS: 429,
  BYOK_UNAVAILABLE: 503,
  BYOK_CONFIGURATION: 500,
} as const;

/** A stable error code of this library. @publicApi */
export type ByokErrorCode = keyof typeof BYOK_ERROR_STATUS;
