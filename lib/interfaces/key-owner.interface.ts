/**
 * Whose key it is: a signed-in user, or an anonymous visitor's session (then `id` is a digest of the session's id,
 * which is a bearer secret and has no place in a row, an event or a log).
 *
 * @publicApi
 */
export interface KeyOwner {
  readonly kind: 'user' | 'session';
  readonly id: string;
}

/** Where a key is kept. @publicApi */
export type KeySource = 'session' | 'database';
