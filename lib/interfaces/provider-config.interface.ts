import type { FailureReader, KeyChecker } from './key-check.interface.js';

/** An extra value that is stored and encrypted with a provider's key. @publicApi */
export interface ProviderField {
  /**
   * Label of the input.
   * @defaultValue the field's name
   */
  label?: string;
  /**
   * `url` accepts https addresses of public hosts, without a query or a fragment. It is stored as the URL parser writes it,
   * without a trailing slash: `HTTPS://Api.Example.com/v1/` becomes `https://api.example.com/v1`. Call `assertPublicUrl`
   * before each use as well, because DNS can change. `textarea` may have line breaks and up to 24 KiB, the others up to
   * 8,192 characters.
   * @defaultValue `'text'`
   */
  type?: 'text' | 'url' | 'password' | 'textarea';
  /**
   * The value is not a secret, such as an endpoint, a region or the name of a deployment: the page shows it to the owner of
   * the key, and `StoredKey.visibleFields` has it.
   * @defaultValue `false`
   */
  visible?: boolean;
  /**
   * For `url`: also accept hosts in private networks, for models that your organization serves itself. Never this machine,
   * link-local addresses or metadata services. Pass it to `assertPublicUrl` as well.
   * @defaultValue `false`
   */
  allowPrivate?: boolean;
  /**
   * For `url`, beside `allowPrivate`: also accept http addresses of hosts in private networks, such as
   * `http://vllm:8000/v1`. Public hosts need https even then. Pass it to `assertPublicUrl` as well.
   * @defaultValue `false`
   */
  allowHttp?: boolean;
  /** Shown in the empty input. */
  placeholder?: string;
  /**
   * Whether the key cannot be saved without it.
   * @defaultValue `false`
   */
  required?: boolean;
  /** What a value must look like. */
  pattern?: RegExp;
  /**
   * The value becomes a part of the address that the key is sent to, such as a region: it changes only together with the
   * key, as that of a `url` field does. Needs `pattern`, so that no value makes another host of it.
   * @defaultValue `false`
   */
  inAddress?: boolean;
}

/**
 * What a key looks like. `token`: one line of 8 to 8,192 visible ASCII characters, which is what an HTTP header can carry;
 * what people copy along with it is removed, see `cleanApiKey`. `text`: may have line breaks, up to 24 KiB, such as a PEM
 * file; `json`: the same, and must be a JSON object, such as the file of a service account. Both are stored as they are.
 *
 * @publicApi
 */
export type KeyFormat = 'token' | 'text' | 'json';

/** Name and key format of a provider. Providers work without it. @publicApi */
export interface ProviderConfig {
  /**
   * Shown on the pages.
   * @defaultValue made from the identifier: `Open Router` from `open-router`, `OpenAI` from `openai`
   */
  name?: string;
  /** Shown in the empty input. */
  placeholder?: string;
  /** Where users get a key. An https address, without white space or credentials. */
  docsUrl?: string;
  /**
   * What a key looks like. Pages have a larger input for `text` and `json`.
   * @defaultValue `'token'`
   */
  keyFormat?: KeyFormat;
  /**
   * How keys begin. Providers change it, so a key that begins in another way is stored with the warning `prefix`; see
   * `strict`.
   */
  keyPrefix?: string | readonly string[];
  /**
   * Whether a key without the prefix is refused with `BYOK_INVALID_KEY`.
   * @defaultValue `false`
   */
  strict?: boolean;
  /** A key must match it; otherwise saving fails with `BYOK_INVALID_KEY`. */
  keyPattern?: RegExp;
  /** Extra values, by name. */
  fields?: Record<string, ProviderField>;
  /** Where users get and revoke keys, if that is another page than `docsUrl`. An https address. */
  keysUrl?: string;
  /**
   * Hosts of the provider's API, such as `api.openai.com`; `*.openai.azure.com` stands for every host below. Errors from
   * other hosts are not about this provider's keys.
   */
  hosts?: readonly string[];
  /** Base address of the provider's API if the application uses another one, as its SDK takes it. May be http on this machine. */
  baseUrl?: string;
  /** Asks the provider whether it accepts a key. */
  check?: KeyChecker;
  /** Recognizes in a failed call that the provider refused the key. */
  readFailure?: FailureReader;
}
