/**
 * What the library reads of an HTTP request. Express' and Fastify's requests both fit.
 *
 * @publicApi
 */
export interface ByokRequest {
  headers: Record<string, string | string[] | undefined>;
  /** Set by the application's authentication, see the option `resolveUser`. */
  user?: unknown;
  /** Set by express-session or `@fastify/session`. */
  session?: unknown;
}

/**
 * Who a call to `ByokService` is for: the request at hand, or a user where there is no request (a queue, a cron job).
 *
 * @publicApi
 */
export type KeyHolder = ByokRequest | { userId: string };
