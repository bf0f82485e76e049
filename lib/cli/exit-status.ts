/** What the process says when it ends. @internal */
export const EXIT = {
  done: 0,
  /** Wrong use, a failure, or an end before all was done. */
  failed: 1,
  /** Done, but some rows could not be opened, or providers refused some keys. */
  unreadable: 2,
} as const;

/** @internal */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
