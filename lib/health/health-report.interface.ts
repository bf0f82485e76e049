/** Result of `ByokHealth.check`. It contains no addresses, users or causes; those are in the log. @publicApi */
export interface ByokHealthReport {
  /** Whether all checks are up. */
  healthy: boolean;
  /** What was checked. */
  checks: {
    /** Whether root keys held by a key management service are unwrapped. */
    keys?: 'up' | 'down';
    /** Whether the database responds. Left out, like the following ones, with `storage: 'session'`. */
    database?: 'up' | 'down';
    /** Whether all migrations of this version have run. */
    migrations?: 'up' | 'down';
    /** Whether every encryption key in use is given and correct. */
    canary?: 'up' | 'down';
  };
}
