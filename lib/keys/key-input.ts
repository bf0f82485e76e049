import { InvalidInputError } from '../errors/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { isLabel, isProviderName } from '../validation/index.js';

/** Past the year 9999 dates stop having four digits, and some clients stop reading them. */
const LATEST = Date.UTC(10_000, 0) - 1;

type ProviderOptions = Pick<ResolvedByokOptions, 'providers' | 'allowUnknownProviders'>;

/** If the application no longer offers a provider, users can still select and delete its keys. @internal */
export const ANY_PROVIDER: ProviderOptions = { providers: {}, allowUnknownProviders: true };

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

/** A label, or `undefined` for the default key. @throws InvalidInputError @internal */
export function checkLabel(label: unknown): string | undefined {
  if (label !== undefined && !isLabel(label)) {
    throw new InvalidInputError(
      'A label is 1 to 64 characters, without control characters or spaces at its ends.',
      'label',
    );
  }
  return label;
}

/** A label. @throws InvalidInputError @internal */
export function requireLabel(label: unknown): string {
  const checked = checkLabel(label);
  if (checked === undefined) throw new InvalidInputError('Name the label of the key.', 'label');
  return checked;
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
