/** What `KeyWrapperHealth.check` tells. @publicApi */
export interface KeyWrapperStatus {
  /** Whether this instance has every key. False: it was started while the service was away, and answers 503. */
  ready: boolean;
  /** The given wrappers, and whether their services answer now; `null` where a wrapper cannot tell. */
  wrappers: { id: string; healthy: boolean | null }[];
}
