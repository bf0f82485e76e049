/** More than the writes that can be under way for one owner at once, in a few instances. @internal */
export const UNCOUNTED_WRITES = 40;
