import type { RootSecret } from './root-secret.interface.js';

/**
 * What a key is wrapped for. A key management service gets it as its encryption context, or as associated data, and
 * gives the key back for the very same context only. Not secret: it stands in the service's audit log.
 *
 * Always the same three entries: `app` is `nestjs-byok`, `table` is `byok_keyring`, `keyId` is the id of the key in hex.
 *
 * @publicApi
 */
export type KeyWrapContext = Readonly<Record<string, string>>;

/** What goes along with each call of a wrapper. @publicApi */
export interface KeyWrapperCall {
  /** Aborted when the answer is not waited for any longer: two seconds after the call. */
  signal: AbortSignal;
}

/**
 * Keeps a key for us: an external key management service (KMS), which wraps the root of the records' keys. Given as
 * `secret`, alone or in the array with others; needs `db`, where the wrapped root stands.
 *
 * A method that fails throws a `KeyWrapperError`: `refused` where asking again is no use (no permission, another key,
 * another context). Every other error is taken for an outage.
 *
 * @example
 * ```ts
 * ByokModule.forRoot({ db, secret: new VaultTransitWrapper({ address, token, key: 'byok' }) })
 * ```
 *
 * @publicApi
 */
export interface KeyWrapper {
  /**
   * Which key of which service this is, as it is to stand beside what it wrapped, for ever: no two wrappers of an
   * application have the same. No secret.
   */
  readonly id: string;
  /**
   * @param key - 32 bytes, wiped afterwards: keep no reference.
   * @returns what `unwrap` needs to give the key back
   */
  wrap(key: Uint8Array, context: KeyWrapContext, call: KeyWrapperCall): Promise<Uint8Array>;
  /** @returns the key, in bytes of their own, which are wiped afterwards */
  unwrap(wrapped: Uint8Array, context: KeyWrapContext, call: KeyWrapperCall): Promise<Uint8Array>;
  /** Rejects where the service, or the key in it, cannot be used now. */
  health?(call: KeyWrapperCall): Promise<void>;
}

/** What can stand in the option `secret`. @publicApi */
export type SecretOption = RootSecret | KeyWrapper;
