import { ConfigurationError } from '../errors/index.js';
import type { ProviderConfig, ProviderField } from '../interfaces/index.js';
import { checkBaseUrl, isOwnAddress } from './addresses.js';
import type { KnownProviderId } from './ids.js';
import type { ProviderRow, Site } from './provider-row.js';
import { readsFailures } from './read-failure.js';
import { ROWS } from './rows/index.js';

/** What an application changes of a provider of the catalogue. @publicApi */
export interface KnownProviderOverrides extends Omit<ProviderConfig, 'fields'> {
  /**
   * Where the provider's API is, as its SDK takes it: `https://api.openai.com/v1`, `https://api.anthropic.com`. The check goes
   * there. A field that is the address of the API, such as that of Azure OpenAI, is then left out.
   * @defaultValue the provider's own address
   */
  baseUrl?: string;
  /** Properties of fields, by name; what is not named stays. `null` leaves a field out, another name adds one. */
  fields?: Record<string, Partial<ProviderField> | null>;
}

/** Identifiers of all providers of the catalogue. @publicApi */
export const knownProviderIds: readonly KnownProviderId[] = Object.freeze(Object.keys(ROWS) as KnownProviderId[]);

/**
 * Configurations of providers of the catalogue, by their identifiers.
 *
 * @example
 * ```ts
 * ByokModule.forRoot({ providers: { ...knownProviders('openai', 'anthropic') } });
 * ```
 *
 * @throws ConfigurationError for an unknown identifier
 * @publicApi
 */
export function knownProviders<Id extends KnownProviderId>(...ids: readonly Id[]): Record<Id, ProviderConfig> {
  return Object.fromEntries(ids.map((id) => [id, knownProvider(id)])) as Record<Id, ProviderConfig>;
}

/**
 * The configuration of one provider of the catalogue: its name, where its keys are managed, prefixes, fields, hosts, a check
 * and a reader of its refusals. An override replaces the whole property, except that `fields` are merged.
 *
 * @example
 * ```ts
 * ByokModule.forRoot({
 *   providers: { openai: knownProvider('openai', { baseUrl: 'https://llm-proxy.example.com/v1' }) },
 * });
 * ```
 *
 * @throws ConfigurationError for an unknown identifier or a wrong `baseUrl`
 * @publicApi
 */
export function knownProvider(id: KnownProviderId, overrides: KnownProviderOverrides = {}): ProviderConfig {
  if (!Object.hasOwn(ROWS, id)) {
    throw new ConfigurationError(
      `There is no provider ${JSON.stringify(id)} in the catalogue. It has: ${knownProviderIds.join(', ')}.`,
    );
  }
  const row = ROWS[id];
  const { fields: changes = {}, ...others } = overrides;
  const site: Site = { hosts: others.hosts ?? row.hosts };
  if (others.baseUrl !== undefined) site.baseUrl = checkBaseUrl(id, others.baseUrl);
  const fields = mergeFields(row, site, changes);
  const here = { ...row, fields };
  const { name, docsUrl, keysUrl, placeholder, keyPrefix, keyFormat, keyPattern, hosts } = row;
  const isAnothers = (address: string) =>
    Object.values(ROWS).some((other) => other !== row && isOwnAddress(address, { hosts: other.hosts }));
  return {
    ...given({ name, docsUrl, keysUrl, placeholder, keyFormat, keyPattern }),
    ...given({ keyPrefix: keyPrefix && [...[keyPrefix].flat()] }),
    ...given({ fields: Object.keys(fields).length === 0 ? undefined : fields }),
    hosts: [...hosts],
    check: row.check(here, site),
    readFailure: readsFailures(here, site, isAnothers),
    ...given(others),
  };
}

/** Without what is `undefined`. */
function given<T extends object>(facts: T): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T;
}

function mergeFields(
  { fields = {}, addressField }: ProviderRow,
  { baseUrl }: Site,
  changes: NonNullable<KnownProviderOverrides['fields']>,
): Record<string, ProviderField> {
  const merged: Record<string, ProviderField> = {};
  for (const [name, facts] of Object.entries(fields)) {
    if (baseUrl === undefined || name !== addressField) merged[name] = { ...facts };
  }
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) delete merged[name];
    else merged[name] = { ...merged[name], ...change };
  }
  return merged;
}
