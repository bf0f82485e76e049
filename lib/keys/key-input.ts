import { InvalidInputError, InvalidKeyError } from '../errors/index.js';
import type { ProviderConfig, ProviderField, ResolvedByokOptions } from '../interfaces/index.js';
import { checkBaseUrl } from '../ssrf/index.js';
import { isApiKey, isFieldName, isLabel, isProviderName, isText } from '../validation/index.js';

const MAX_FIELDS = 20;
const MAX_FIELD_LENGTH = 2048;
/** Past the year 9999 dates stop having four digits, and some clients stop reading them. */
const LATEST = Date.UTC(10_000, 0) - 1;

type ProviderOptions = Pick<ResolvedByokOptions, 'providers' | 'allowUnknownProviders'>;

/** @throws InvalidInputError @internal */
export function checkProvider(provider: unknown, options: ProviderOptions): string {
  if (!isProviderName(provider)) {
    throw new InvalidInputError(
      "A provider's name is 1 to 64 lower-case letters, digits, dots, underscores and hyphens, such as openai.",
      'provider',
    );
  }
  if (!options.allowUnknownProviders && !(provider in options.providers)) {
    throw new InvalidInputError('This provider is not offered here.', 'notOffered');
  }
  return provider;
}

/** @throws InvalidInputError @internal */
export function checkLabel(label: unknown = 'default'): string {
  if (!isLabel(label)) {
    throw new InvalidInputError(
      'A label is 1 to 64 characters, without control characters or spaces at its ends.',
      'label',
    );
  }
  return label;
}

/**
 * Names are kept and logged as they are: a key that somebody pasted into the wrong input must not become one.
 *
 * @throws InvalidInputError
 * @internal
 */
export function refuseKeyAsName(apiKey: string, names: readonly string[]): void {
  if (names.some((name) => name.includes(apiKey))) {
    throw new InvalidInputError(
      'The key stands where a name belongs. Leave it out of the label and the provider.',
      'keyAsName',
    );
  }
}

/** @throws InvalidInputError for what can be no key @throws InvalidKeyError for one of the wrong format @internal */
export function checkApiKey(apiKey: unknown, provider: string, config: ProviderConfig | undefined): string {
  if (!isApiKey(apiKey)) {
    throw new InvalidInputError('An API key is 8 to 4096 printable characters without white space.', 'key');
  }
  const name = config?.name ?? provider;
  if (config?.keyPrefix !== undefined && !apiKey.startsWith(config.keyPrefix)) {
    throw new InvalidKeyError(`A key for ${name} starts with ${config.keyPrefix}`);
  }
  // A copy without the flags g and y: with them `test` remembers where it was and refuses every second key.
  const pattern =
    config?.keyPattern && new RegExp(config.keyPattern.source, config.keyPattern.flags.replace(/[gy]/g, ''));
  if (pattern && !pattern.test(apiKey)) {
    throw new InvalidKeyError(`This does not look like a key for ${name}. Copy it again, whole.`);
  }
  return apiKey;
}

/** @throws InvalidInputError @internal */
export function checkFields(fields: unknown, config: ProviderConfig | undefined): Record<string, string> {
  if (fields === undefined || fields === null) fields = {};
  if (typeof fields !== 'object' || Array.isArray(fields)) {
    throw new InvalidInputError('fields must be an object of strings.', 'fields');
  }
  const given = Object.entries(fields as object);
  const declared = config?.fields ?? {};
  const checked: Record<string, string> = {};
  if (given.length > MAX_FIELDS)
    throw new InvalidInputError(`At most ${MAX_FIELDS} fields can be stored with a key.`, 'fields');
  for (const [name, value] of given) {
    if (!isFieldName(name)) {
      throw new InvalidInputError(
        "A field's name is a letter, then up to 63 letters, digits, underscores or hyphens.",
        'fields',
      );
    }
    if (Object.keys(declared).length > 0 && !Object.hasOwn(declared, name)) {
      throw new InvalidInputError(
        `This provider has no field of that name; it has ${Object.keys(declared).join(', ')}.`,
        'fields',
      );
    }
    checked[name] = checkField(name, value, declared[name]);
  }
  for (const [name, field] of Object.entries(declared)) {
    if (field.required && !checked[name]?.trim()) throw new InvalidInputError(`The field ${name} is needed.`, 'fields');
  }
  return checked;
}

/** The value as it is stored. */
function checkField(name: string, value: unknown, field: ProviderField | undefined): string {
  let text = value;
  if (field?.type === 'url' && typeof value === 'string' && value.length <= MAX_FIELD_LENGTH) {
    text = checkUrl(name, value, field);
  }
  if (isText(text, MAX_FIELD_LENGTH)) return text;
  throw new InvalidInputError(
    `The field ${name} must be a string of at most ${MAX_FIELD_LENGTH} characters, without control characters.`,
    'fields',
  );
}

function checkUrl(name: string, value: string, { allowPrivate }: ProviderField): string {
  try {
    return checkBaseUrl(value, { allowPrivate });
  } catch (error) {
    throw new InvalidInputError(`The field ${name} must be an https address. ${(error as Error).message}`, 'url');
  }
}

/**
 * When a key expires, from what was asked for and the module's default.
 *
 * @throws InvalidInputError for a moment that is not in the future
 * @internal
 */
export function checkExpiry(
  given: { ttl?: unknown; expiresAt?: unknown },
  defaultTtl: number | null,
  now = Date.now(),
): Date | null {
  const { ttl, expiresAt } = given;
  if (ttl !== undefined && expiresAt !== undefined && expiresAt !== null) {
    throw new InvalidInputError('Give a time to live or a moment of expiry, not both.', 'expiry');
  }
  let at: number;
  if (expiresAt !== undefined && expiresAt !== null) {
    if (!(expiresAt instanceof Date)) throw new InvalidInputError('expiresAt must be a date.', 'expiry');
    at = expiresAt.getTime();
  } else {
    const lifetime = ttl === undefined ? (expiresAt === null ? null : defaultTtl) : ttl;
    if (lifetime === null) return null;
    if (typeof lifetime !== 'number' || !(lifetime > 0)) {
      throw new InvalidInputError('The time to live must be more than zero.', 'expiry');
    }
    at = now + Math.ceil(lifetime);
  }
  if (!(at > now)) throw new InvalidInputError('The moment of expiry must be in the future.', 'expiry');
  if (at > LATEST)
    throw new InvalidInputError('The moment of expiry is too far in the future; leave it out for never.', 'expiry');
  return new Date(at);
}
