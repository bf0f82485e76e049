import type { KeyWarning, ResolvedByokOptions } from '../interfaces/index.js';
import type { SavedUrlCheck } from '../ssrf/index.js';
import type { KeySlot } from '../storage/index.js';
import { checkApiKey } from './api-key-input.js';
import { checkFields } from './field-input.js';
import { checkExpiry, checkLabel, checkProvider, refuseKeyAsName } from './key-input.js';

/** What is stored under this label if none is given. */
const NEW_LABEL = 'default';

/** What somebody gave to be stored as a key. @internal */
export interface GivenKey {
  provider: string;
  apiKey: unknown;
  label?: unknown;
  fields?: unknown;
  ttl?: unknown;
  expiresAt?: unknown;
}

/** A key that can be stored. @internal */
export interface NewKey {
  slot: KeySlot;
  apiKey: string;
  fields: Record<string, string>;
  expiresAt: Date | null;
  warnings: KeyWarning[];
}

/**
 * Cleans and checks a key that is to be stored, with all that belongs to it.
 *
 * @throws InvalidInputError or InvalidKeyError
 * @internal
 */
export function checkNewKey(given: GivenKey, options: ResolvedByokOptions): NewKey {
  const provider = checkProvider(given.provider, options);
  const label = checkLabel(given.label) ?? NEW_LABEL;
  const { apiKey, warnings } = checkApiKey(given.apiKey, provider, options.providers);
  refuseKeyAsName(apiKey, [provider, label]);
  const fields = checkFields(given.fields, options.providers[provider]);
  return { slot: { provider, label }, apiKey, fields, expiresAt: checkExpiry(given, options.defaultTtl), warnings };
}

/** The part of it that asks the DNS. @throws InvalidInputError @internal */
export async function checkUrls(
  { slot, fields }: NewKey,
  options: ResolvedByokOptions,
  urls: SavedUrlCheck,
): Promise<void> {
  await urls.check(fields, options.providers[slot.provider]);
}
