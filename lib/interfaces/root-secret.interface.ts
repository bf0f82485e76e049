/**
 * Where the encryption keys come from: at least 32 random bytes, or explicitly a passphrase.
 *
 * A string is read, in this order, as what `EncryptionService.generateSecret()` prints (`byok_…`), as 64 or more hex
 * digits, or as base64 or base64url of 32 or more bytes.
 *
 * @publicApi
 */
export type RootSecret = string | Buffer | PassphraseSecret;

/**
 * A passphrase of 20 or more characters and a salt of 16 or more bytes, stretched once with scrypt (N = 2^17, r = 8,
 * p = 1) at start.
 *
 * @publicApi
 */
export interface PassphraseSecret {
  passphrase: string;
  /** Not secret, but particular to the application. A string is taken as UTF-8. */
  salt: string | Buffer;
}
