/** When expired keys are removed. They are never returned in any case. @publicApi */
export interface CleanupOptions {
  /**
   * Removes the caller's expired keys after a request that used keys.
   * @defaultValue `true`
   */
  onRequest?: boolean;
  /**
   * Milliseconds between sweeps of the database; `null`: no sweeps.
   * @defaultValue `900_000`
   */
  sweepEvery?: number | null;
}

/** Checks of stored keys by schedule. @publicApi */
export interface RecheckOptions {
  /** Milliseconds after which a key is checked again. */
  every: number;
  /**
   * Keys that an instance checks in a second.
   * @defaultValue `2`
   */
  perSecond?: number;
}

/** Which keys are reported before somebody misses them. @publicApi */
export interface NoticeOptions {
  /**
   * Milliseconds before its expiry from which a key is reported (event `expiring`); `null`: never.
   * @defaultValue `null`
   */
  expiringWithin?: number | null;
  /**
   * Milliseconds without a use after which a key is reported (event `unused`); `null`: never.
   * @defaultValue `null`
   */
  unusedFor?: number | null;
}
