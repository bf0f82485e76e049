import type { ByokRequest, UserId } from '../interfaces/index.js';

/** A key of a test user, with more than the key itself. @publicApi */
export interface TestKey {
  apiKey: string;
  /** @defaultValue `'default'` */
  label?: string;
  /** Stored as they are: an address may be that of a `ProviderStandIn`. */
  fields?: Record<string, string>;
  /**
   * May be in the past, for a key that has expired.
   * @defaultValue `null`, which is never
   */
  expiresAt?: Date | null;
}

/**
 * Keys of test users: by user id, as `resolveUser` gives it, then by provider. The first of several is the default key.
 *
 * @publicApi
 */
export type TestKeys = Record<string, Record<string, string | TestKey | readonly (string | TestKey)[]>>;

/** Options of `withTestKeys()`. @publicApi */
export interface TestKeysOptions {
  keys?: TestKeys;
  /**
   * Instead of the application's own: `() => 'alice'` makes every request one of Alice's.
   * @defaultValue the option of the module
   */
  resolveUser?(this: void, request: ByokRequest): UserId | null | undefined | Promise<UserId | null | undefined>;
}
