/** An extra named value that a provider needs beside the key, encrypted with it. @publicApi */
export interface ProviderField {
  /** Shown before the input. Default: the field's name. */
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
  placeholder?: string;
  /** Default false. */
  required?: boolean;
}

/** Display and format facts of one provider. All are optional: any provider works without. @publicApi */
export interface ProviderConfig {
  /** Shown to people. Default: made from the identifier: `open-router` gives `Open Router`, and `openai`, as well known, `OpenAI`. */
  name?: string;
  /** Shown in the empty input. */
  placeholder?: string;
  /** Where users get a key. An https address, without white space or credentials. */
  docsUrl?: string;
  /** A key has to start so, or saving it is `BYOK_INVALID_KEY`. */
  keyPrefix?: string;
  /** A key has to match, or saving it is `BYOK_INVALID_KEY`. */
  keyPattern?: RegExp;
  /** Extra values, by name. */
  fields?: Record<string, ProviderField>;
}
