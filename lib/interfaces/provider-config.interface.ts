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
   * before each use as well, because DNS can change. Default `text`.
   */
  type?: 'text' | 'url' | 'password';
  /**
   * For `url`: also accept hosts in private networks, for models that your organization serves itself. Never this machine,
   * link-local addresses or metadata services. Pass it to `assertPublicUrl` as well. Default false.
   */
  allowPrivate?: boolean;
  /** Shown in the empty input. */
  placeholder?: string;
  /**
   * Whether the key cannot be saved without it.
   * @defaultValue `false`
   */
  required?: boolean;
}

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
  /** A key must start with it; otherwise saving fails with `BYOK_INVALID_KEY`. */
  keyPrefix?: string;
  /** A key must match it; otherwise saving fails with `BYOK_INVALID_KEY`. */
  keyPattern?: RegExp;
  /** Extra values, by name. */
  fields?: Record<string, ProviderField>;
}
