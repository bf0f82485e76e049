import type { KeyOwner, UserId } from './key-owner.interface.js';

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
 * An owner, named by the application's own code: `{ owner: { kind: 'team', id: 't1' } }`.
 *
 * @publicApi
 */
export interface OwnerHolder {
  owner: {
    /** A kind of the option `sharedOwners`, or `'user'`. */
    kind: string;
    id: UserId;
  };
  /** The user on whose behalf this is done, for events and the audit log. */
  actor?: KeyOwner | undefined;
}

/**
 * Whose keys a call of `ByokService` is about: those of a request's caller, or outside a request (a queue, a cron job) those
 * of a user or of another owner.
 *
 * @publicApi
 */
export type KeyHolder = ByokRequest | { userId: UserId } | OwnerHolder;
