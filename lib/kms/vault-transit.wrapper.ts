import { ConfigurationError, KeyWrapperError } from '../errors/index.js';
import type { KeyWrapContext, KeyWrapper, KeyWrapperCall } from '../interfaces/index.js';
import { postToVault, type VaultAnswer, vaultUrl } from './vault-http.js';

/** Options of {@link VaultTransitWrapper}. @publicApi */
export interface VaultTransitOptions {
  /** Where Vault is: `https://vault.example.com:8200`. Plain `http` is for loopback only, unless `allowHttp`. */
  address: string;
  /** The token, or a function that is asked for it before each call, for tokens that are renewed. */
  token: string | (() => string | Promise<string>);
  /** Name of the transit key. An AEAD (the default `aes256-gcm96` is one); it may be a derived one. */
  key: string;
  /** Where the transit engine is mounted. Default `'transit'`. */
  mount?: string;
  /** Namespace, of Vault Enterprise. Default none. */
  namespace?: string;
  /** The wrapper's `id`. Default `vault-transit:<namespace>/<mount>/<key>`. Two Vaults with keys of one name need it. */
  id?: string;
  /** Allow plain `http` to another machine, where something else encrypts what travels. Default false. */
  allowHttp?: boolean;
}

/**
 * Has HashiCorp Vault, or OpenBao, wrap the root of the keys: its engine `transit`, over HTTP, without an SDK.
 *
 * The context goes with each call as `associated_data`, and as `context` for keys that are derived.
 *
 * @example
 * ```ts
 * import { VaultTransitWrapper } from 'nestjs-byok/vault';
 *
 * ByokModule.forRoot({
 *   db: process.env.DATABASE_URL,
 *   secret: new VaultTransitWrapper({
 *     address: 'https://vault.example.com:8200',
 *     token: () => readFile('/run/secrets/vault-token', 'utf8'),
 *     key: 'byok',
 *   }),
 * });
 * ```
 *
 * @publicApi
 */
export class VaultTransitWrapper implements KeyWrapper {
  readonly id: string;
  readonly #token: VaultTransitOptions['token'];
  readonly #namespace: string | undefined;
  readonly #health: string;
  readonly #path: (operation: string) => string;

  /** @throws ConfigurationError for an option that cannot work */
  constructor(options: VaultTransitOptions) {
    const { key, mount = 'transit', namespace } = options;
    const address = vaultUrl(options.address, options.allowHttp === true);
    if (!isToken(options.token) && typeof options.token !== 'function') {
      throw new ConfigurationError(
        'VaultTransitWrapper: token must be a Vault token, or a function that gives one. If it comes from the environment, the variable is empty.',
      );
    }
    if (!isName(key)) throw new ConfigurationError("VaultTransitWrapper: key must be a transit key's name: 'byok'.");
    if (typeof mount !== 'string' || !mount.split('/').every(isName)) {
      throw new ConfigurationError(
        "VaultTransitWrapper: mount must be a path such as 'transit', without slashes around it.",
      );
    }
    if (namespace !== undefined && !(typeof namespace === 'string' && /^[\w./-]{1,256}$/.test(namespace))) {
      throw new ConfigurationError("VaultTransitWrapper: namespace must be a path such as 'team/a'.");
    }
    this.id = options.id ?? `vault-transit:${[namespace, mount, key].filter(Boolean).join('/')}`;
    this.#token = options.token;
    this.#namespace = namespace;
    this.#health = `${address}/v1/sys/health?standbyok=true&perfstandbyok=true`;
    this.#path = (operation) => `${address}/v1/${mount}/${operation}/${key}`;
  }

  /** @throws KeyWrapperError */
  async wrap(key: Uint8Array, context: KeyWrapContext, { signal }: KeyWrapperCall): Promise<Uint8Array> {
    const plaintext = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64');
    const { data, warnings } = await this.#call('encrypt', { plaintext, ...bound(context) }, signal);
    // Vault before 1.9 takes no associated data, and says so in passing.
    if (warnings.some((warning) => warning.includes('associated_data'))) {
      throw new KeyWrapperError(
        `${this.id}: this Vault takes no associated_data. Version 1.9 or newer is needed.`,
        true,
      );
    }
    const { ciphertext } = data;
    if (typeof ciphertext !== 'string' || !/^vault:v\d+:/.test(ciphertext)) throw this.#strange();
    return Buffer.from(ciphertext);
  }

  /** @throws KeyWrapperError */
  async unwrap(wrapped: Uint8Array, context: KeyWrapContext, { signal }: KeyWrapperCall): Promise<Uint8Array> {
    const ciphertext = Buffer.from(wrapped).toString();
    const { data } = await this.#call('decrypt', { ciphertext, ...bound(context) }, signal);
    const { plaintext } = data;
    if (typeof plaintext !== 'string') throw this.#strange();
    return Buffer.from(plaintext, 'base64');
  }

  /** Whether Vault is unsealed and serves. @throws KeyWrapperError */
  async health({ signal }: KeyWrapperCall): Promise<void> {
    const response = await fetch(this.#health, { signal, redirect: 'error' }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status !== 200) throw new KeyWrapperError(`${this.id}: Vault is away or sealed.`, false);
  }

  async #call(operation: 'encrypt' | 'decrypt', body: object, signal: AbortSignal): Promise<VaultAnswer> {
    const headers = { 'X-Vault-Token': await this.#freshToken(), ...this.#namespaceHeader() };
    return postToVault(this.id, operation, this.#path(operation), headers, body, signal);
  }

  /** A file of a token ends in a line break, as files do. */
  async #freshToken(): Promise<string> {
    let token: unknown = this.#token;
    if (typeof token === 'function') {
      try {
        token = await (token as () => string | Promise<string>)();
      } catch {
        throw new KeyWrapperError(`${this.id}: the function that gives the token failed.`, false);
      }
      if (typeof token === 'string') token = token.trim();
    }
    if (isToken(token)) return token;
    throw new KeyWrapperError(`${this.id}: the function that gives the token gave none.`, true);
  }

  #namespaceHeader(): Record<string, string> {
    return this.#namespace === undefined ? {} : { 'X-Vault-Namespace': this.#namespace };
  }

  #strange(): KeyWrapperError {
    return new KeyWrapperError(
      `${this.id}: what answered does not speak the protocol of Vault's transit engine.`,
      true,
    );
  }
}

/** The context as bytes that are always the same, whatever the order of its entries. */
function bound(context: KeyWrapContext): { associated_data: string; context: string } {
  const entries = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = Buffer.from(JSON.stringify(Object.fromEntries(entries))).toString('base64');
  return { associated_data: bytes, context: bytes };
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && /^\w(?:[\w.-]{0,126}\w)?$/.test(name);
}

/** What can stand in a header. */
function isToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]{1,4096}$/.test(token);
}
