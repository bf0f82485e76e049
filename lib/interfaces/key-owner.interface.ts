/**
 * A user's id. The same id in another type is the same user: `7`, `7n` and `'7'`. An `ObjectId` of MongoDB is its hex.
 *
 * @publicApi
 */
export type UserId = string | number | bigint | ObjectIdLike;

/** An id of MongoDB. @publicApi */
export interface ObjectIdLike {
  /** Its 24 hex digits. */
  toHexString(): string;
}

/**
 * The owner of a key. For a session, `id` is a digest of the session id, because the session id itself is a secret.
 *
 * @publicApi
 */
export interface KeyOwner {
  /**
   * `'user'`: a signed-in user; `'session'`: an anonymous visitor; `'platform'`: the application itself, with the id
   * `'platform'`; else a kind of the option `sharedOwners`.
   */
  readonly kind: string;
  readonly id: string;
}

/** Where a key is stored. @publicApi */
export type KeySource = 'session' | 'database';
