/**
 * The source of the encryption keys: at least 32 random bytes, or a passphrase.
 *
 * A string is read as the output of `EncryptionService.generateSecret()` (`byok_…`), as 64 or more hex digits, or as base64 or
 * base64url of 32 or more bytes, in this order.
 *
 * @publicApi
 */
export type RootSecret = string | Buffer | PassphraseSecret;

/**
 * A passphrase of 20 or more characters and a salt of 16 or more bytes, stretched at startup with scrypt (N = 2^17, r = 8,
 * p = 1).
 *
 * @publicApi
 */
export interface PassphraseSecret {
  passphrase: string;
  /** Not secret, but unique to the application. A string is read as UTF-8. */
  salt: string | Buffer;
}
