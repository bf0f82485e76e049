/** Injection token of the settings. */
export const SETTINGS = Symbol('SETTINGS');
/** Injection token of the connection pool that the sessions use. */
export const POOL = Symbol('POOL');
