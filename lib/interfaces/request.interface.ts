import type { UserId } from './key-owner.interface.js';

/**
 * The parts of an HTTP request that the library reads. Requests of Express and Fastify have them.
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
 * Whose keys a call of `ByokService` is about: the request, or a user outside a request (a queue, a cron job).
 *
 * @publicApi
 */
export type KeyHolder = ByokRequest | { userId: UserId };
