/**
 * The owner of a key: a signed-in user or an anonymous visitor's session. For a session, `id` is a digest of the session id,
 * because the session id itself is a secret.
 *
 * @publicApi
 */
export interface KeyOwner {
  readonly kind: 'user' | 'session';
  readonly id: string;
}

/** Where a key is stored. @publicApi */
export type KeySource = 'session' | 'database';
