import type { RootSecret } from './root-secret.interface.js';

/**
 * The encryption context of a wrapped root key. The service must unwrap only with the same context. It is not secret and appears
 * in the service's audit log.
 *
 * It always has three entries: `app` is `nestjs-byok`, `table` is `byok_keyring`, `keyId` is the id of the key in hex.
 *
 * @publicApi
 */
export type KeyWrapContext = Readonly<Record<string, string>>;

/** Passed to each call of a wrapper. @publicApi */
export interface KeyWrapperCall {
  /** Aborted after two seconds, when the caller stops waiting. */
  signal: AbortSignal;
}

/**
 * A key management service (KMS) that wraps the root key. Use it as the option `secret`, alone or in an array; requires `db`, which
 * stores the wrapped root key.
 *
 * Methods throw a `KeyWrapperError` with `refused: true` if a retry is useless (no permission, another key, another context).
 * Every other error counts as an outage and is retried.
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
   * Identifies the service and its key. It is stored beside the wrapped root key and must never change. It must be unique in the
   * application and must not be secret.
   */
  readonly id: string;
  /**
   * Wraps a root key.
   *
   * @param key - 32 bytes. They are wiped afterwards, so keep no reference.
   * @returns what `unwrap` takes
   */
  wrap(key: Uint8Array, context: KeyWrapContext, call: KeyWrapperCall): Promise<Uint8Array>;
  /**
   * Unwraps a root key.
   *
   * @returns the root key, in a new array, which is wiped afterwards
   */
  unwrap(wrapped: Uint8Array, context: KeyWrapContext, call: KeyWrapperCall): Promise<Uint8Array>;
  /** Rejects if the service or its key cannot be used. */
  health?(call: KeyWrapperCall): Promise<void>;
}

/** A value of the option `secret`. @publicApi */
export type SecretOption = RootSecret | KeyWrapper;
