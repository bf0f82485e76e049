import type { KeyFormat, ProviderConfig, ProviderField } from '../../interfaces/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { safeUrl } from '../parts/safe-url.js';
import { PROVIDER_NAMES } from './provider-names.js';

/** Facts of one provider, or of several by name. @publicApi */
export type ProviderFacts = ProviderConfig | Readonly<Record<string, ProviderConfig>>;

/** What is shown of a provider, with defaults for what is not configured. @publicApi */
export interface ProviderInfo {
  name: string;
  placeholder: string;
  /** Where users get a key. Only a safe URL. */
  docsUrl: string | undefined;
  /** Whether keys can be checked with the provider. */
  isCheckable: boolean;
  keyFormat: KeyFormat;
  keyPrefix: readonly string[];
  /** Whether a key without the prefix is refused. */
  strict: boolean;
  keyPattern: RegExp | undefined;
  fields: Readonly<Record<string, ProviderField>>;
}

/**
 * The facts of one provider, from its own facts or from those of all providers by name.
 *
 * @internal
 */
function configOf(provider: string, facts: ProviderFacts | undefined): ProviderConfig {
  if (!facts) return {};
  const own = Object.hasOwn(facts, provider) ? (facts as Record<string, unknown>)[provider] : undefined;
  // Of the facts only `fields` is itself an object.
  if (typeof own === 'object' && own !== null && provider !== 'fields') return own;
  return isConfig(facts) ? facts : {};
}

const FACTS = ['name', 'placeholder', 'docsUrl', 'keysUrl', 'keyPrefix', 'keyFormat'];

function isConfig(facts: object): facts is ProviderConfig {
  const { keyPattern, fields } = facts as ProviderConfig;
  if (keyPattern instanceof RegExp || (typeof fields === 'object' && fields !== null)) return true;
  return (
    Array.isArray((facts as ProviderConfig).keyPrefix) ||
    FACTS.some((fact) => typeof (facts as Record<string, unknown>)[fact] === 'string')
  );
}

/**
 * A provider's name for people: the configured name, else the spelling of a well-known provider, else a name made from the
 * identifier.
 *
 * @param facts - The provider's own, or those of several by name.
 * @example
 * ```tsx
 * formatProviderName('open-router'); // 'Open Router'
 * formatProviderName('openai'); // 'OpenAI'
 * formatProviderName('openai', { name: 'Our OpenAI' }); // 'Our OpenAI'
 * ```
 *
 * @publicApi
 */
export function formatProviderName(provider: string, facts?: ProviderFacts): string {
  const { name } = configOf(provider, facts);
  if (typeof name === 'string' && name !== '') return name;
  const words = String(provider)
    .split(/[-_.\s]+/)
    .filter(Boolean);
  const known = PROVIDER_NAMES.get(words.join('-').toLowerCase());
  if (known !== undefined) return known;
  return words.map((word) => word[0].toUpperCase() + word.slice(1)).join(' ');
}

/**
 * What is shown of a provider, in the reader's language.
 *
 * @param facts - The provider's own, or those of several by name.
 * @example
 * ```tsx
 * getProviderInfo('open-router').placeholder; // 'Enter your Open Router API key'
 * ```
 *
 * @publicApi
 */
export function getProviderInfo(provider: string, facts?: ProviderFacts, reader: ReaderProps = {}): ProviderInfo {
  const config = configOf(provider, facts);
  const name = formatProviderName(provider, config);
  return {
    name,
    placeholder: config.placeholder ?? translator(reader)('keyPlaceholder', { name }),
    docsUrl: safeUrl(config.keysUrl ?? config.docsUrl),
    isCheckable: config.check !== undefined,
    keyFormat: config.keyFormat ?? 'token',
    keyPrefix: [config.keyPrefix ?? []].flat(),
    strict: config.strict === true,
    keyPattern: config.keyPattern,
    fields: config.fields ?? {},
  };
}
