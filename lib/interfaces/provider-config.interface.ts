/** An extra named value that a provider needs beside the key, encrypted with it. @publicApi */
export interface ProviderField {
  /** Shown before the input. Default: the field's name. */
  label?: string;
  /**
   * `url` takes https addresses of public hosts only. Call `assertPublicUrl` before each use all the same: what a name
   * stands for can change. Default `text`.
   */
  type?: 'text' | 'url' | 'password';
  /**
   * For `url`: take hosts of private networks too, where users bring models that your organisation serves itself. Never
   * this machine, link-local addresses or metadata services. Give it to `assertPublicUrl` as well. Default false.
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
  /** Where a person gets a key. An https address. */
  docsUrl?: string;
  /** A key has to start so, or saving it is `BYOK_INVALID_KEY`. */
  keyPrefix?: string;
  /** A key has to match, or saving it is `BYOK_INVALID_KEY`. */
  keyPattern?: RegExp;
  /** Extra values, by name. */
  fields?: Record<string, ProviderField>;
}
