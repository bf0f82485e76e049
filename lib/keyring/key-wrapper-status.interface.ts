/** Result of `KeyWrapperHealth.check`. @publicApi */
export interface KeyWrapperStatus {
  /** Whether this instance has all root keys. `false`: it started during an outage and answers 503. */
  ready: boolean;
  /** The given wrappers, and whether their services respond; `null` if a wrapper has no `health`. */
  wrappers: { id: string; healthy: boolean | null }[];
}
