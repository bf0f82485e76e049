import { InvalidInputError, InvalidKeyError, type InvalidKeyReason } from '../errors/index.js';
import type { KeyFormat, KeyWarning, ProviderConfig } from '../interfaces/index.js';
import { isLines, matches, MAX_LINES_BYTES } from '../validation/index.js';
import { cleanApiKey } from './clean-api-key.js';

type Configs = Readonly<Record<string, ProviderConfig>>;

const MIN_TOKEN = 8;
const MAX_TOKEN = 8_192;
/** A prefix that is shorter may be the start of many providers' keys. */
const UNMISTAKABLE = 4;

/** What a token can look like that is not a key, with what to do instead. The first that fits is reported. */
const NOT_KEYS: readonly (readonly [reason: InvalidKeyReason, pattern: RegExp, text: string])[] = [
  [
    'masked',
    /…|\.\.\.|\*{3}|[•●∙⁎＊]/u,
    'This is a shortened display of a key. Copy the whole key; if the provider no longer shows it, create a new one.',
  ],
  [
    'address',
    /^[a-z][a-z\d+.-]*:\/\/|^www\.|^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i,
    'This is an address and not a key. Paste the key itself.',
  ],
  ['document', /^\{|-----BEGIN /, 'This is a file and not a key of one line. Paste only the key.'],
  [
    'placeholder',
    /\byour[-_. ]?(?:[a-z\d]+[-_. ])*(?:key|token|secret)\b|\byour[-_]|\b(?:key|token|secret)[-_. ]here\b|\b(?:insert|paste|replace|enter|add)[-_. ](?:your|the|me|key|token|with)\b|^change[-_]?me$|x{8}|^\$\{?\w+\}?$|^%\w+%$|process\.env|os\.environ/i,
    'This is a placeholder and not a key. Paste the key itself.',
  ],
  ['spaces', /\s/, 'A key is one line without spaces. Paste only the key.'],
  [
    'characters',
    /[^\x21-\x7e]/,
    'A key has only letters, digits and signs of the English keyboard. Copy it again from the provider.',
  ],
  [
    'wrapped',
    /^[`'"<([{]|[`'"<>,;]$/,
    'There is a quote, a bracket or a comma around this key. Paste only the key itself.',
  ],
];

/** A key as it is stored, and the doubts about it. @internal */
export interface CheckedApiKey {
  apiKey: string;
  warnings: KeyWarning[];
}

/**
 * Cleans a key and checks it against its provider's format.
 *
 * @throws InvalidInputError for a wrong type or length @throws InvalidKeyError for a text that cannot be the key
 * @internal
 */
export function checkApiKey(given: unknown, provider: string, configs: Configs): CheckedApiKey {
  const config = configs[provider] as ProviderConfig | undefined;
  if (typeof given !== 'string') throw new InvalidInputError('An API key must be a string.', 'key');
  const apiKey = CHECKS[config?.keyFormat ?? 'token'](given);
  const name = config?.name ?? provider;
  const pattern = config?.keyPattern;
  if (pattern && !matches(pattern, apiKey)) {
    throw new InvalidKeyError(`This does not look like a key for ${name}. Copy it again, whole.`, 'pattern');
  }
  if (!pattern) refuseForeignKey(apiKey, provider, configs, name);
  return { apiKey, warnings: prefixWarnings(apiKey, config, name) };
}

const CHECKS: Record<KeyFormat, (text: string) => string> = { token: checkToken, text: checkText, json: checkJson };

function checkToken(text: string): string {
  // Cleaning a text of this length would take long, and it is not a token anyway.
  if (text.length > 2 * MAX_TOKEN) throw tooLong();
  const apiKey = cleanApiKey(text);
  if (apiKey === '') throw new InvalidInputError('Fill in the key.', 'noKey');
  for (const [reason, pattern, message] of NOT_KEYS) {
    if (pattern.test(apiKey)) throw new InvalidKeyError(message, reason);
  }
  if (apiKey.length > MAX_TOKEN) throw tooLong();
  if (apiKey.length < MIN_TOKEN) {
    throw new InvalidInputError(`A key has at least ${MIN_TOKEN} characters. Copy it again, whole.`, 'keyTooShort');
  }
  return apiKey;
}

function tooLong(): InvalidInputError {
  return new InvalidInputError(`A key has at most ${MAX_TOKEN} characters. Paste only the key.`, 'keyTooLong');
}

function checkText(text: string): string {
  if (text.trim() === '') throw new InvalidInputError('Fill in the key.', 'noKey');
  if (Buffer.byteLength(text) > MAX_LINES_BYTES) {
    throw new InvalidInputError(`A key of this kind has at most ${MAX_LINES_BYTES} bytes.`, 'keyTooLong');
  }
  if (!isLines(text)) {
    throw new InvalidKeyError('This text has control characters in it. Copy the key again.', 'characters');
  }
  return text;
}

function checkJson(text: string): string {
  checkText(text);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new InvalidKeyError('This key is a JSON file. Paste its whole content, from { to }.', 'json');
  }
  return text;
}

/** A key with the prefix of one other provider alone is that provider's. */
function refuseForeignKey(apiKey: string, provider: string, configs: Configs, name: string): void {
  const longest = Math.max(0, ...Object.keys(configs).map((id) => prefixLength(apiKey, configs[id])));
  if (longest < UNMISTAKABLE || prefixLength(apiKey, configs[provider]) === longest) return;
  const owners = Object.keys(configs).filter((id) => prefixLength(apiKey, configs[id]) === longest);
  const names = owners.map((id) => configs[id].name ?? id).join(' or ');
  throw new InvalidKeyError(
    `This is a key for ${names} and not for ${name}. Choose that provider, or paste the other key.`,
    'otherProvider',
  );
}

/** Length of the longest prefix of the provider with which the key starts, 0 if there is none. */
function prefixLength(apiKey: string, config: ProviderConfig | undefined): number {
  return Math.max(0, ...prefixesOf(config).map((prefix) => (apiKey.startsWith(prefix) ? prefix.length : 0)));
}

function prefixWarnings(apiKey: string, config: ProviderConfig | undefined, name: string): KeyWarning[] {
  const prefixes = prefixesOf(config);
  if (prefixes.length === 0 || prefixLength(apiKey, config) > 0) return [];
  if (config?.strict !== true) return ['prefix'];
  throw new InvalidKeyError(`A key for ${name} starts with ${prefixes.join(' or ')}.`, 'prefix');
}

function prefixesOf(config: ProviderConfig | undefined): readonly string[] {
  return [config?.keyPrefix ?? []].flat();
}
