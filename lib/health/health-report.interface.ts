/** What `ByokHealth.check` found. It says nothing of addresses, users or what went wrong: that is in the log. @publicApi */
export interface ByokHealthReport {
  /** Whether everything that was looked at is up. */
  healthy: boolean;
  checks: {
    /** Whether this instance has the keys that a key management service holds. */
    keys?: 'up' | 'down';
    /** Whether the database answers. Left out where keys are kept in sessions only, as what follows. */
    database?: 'up' | 'down';
    /** Whether the tables are those of this version. */
    migrations?: 'up' | 'down';
    /** Whether every encryption key in use is given and opens what the database keeps for that. */
    canary?: 'up' | 'down';
  };
}
