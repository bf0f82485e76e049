import { ConfigurationError } from '../errors/index.js';
import { isApiAddress } from '../ssrf/index.js';
import { isHostOf, matches, parseUrl } from '../validation/index.js';
import type { ProviderRow, Site } from './provider-row.js';

/** Whether an address is the provider's own: on its hosts, or at the application's `baseUrl`. */
export function isOwnAddress(address: string, { hosts, baseUrl }: Site): boolean {
  const url = parseUrl(address);
  if (!url) return false;
  if (baseUrl !== undefined && url.origin === new URL(baseUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && isHostOf(url.hostname, hosts);
}

/**
 * The address at which an API begins: the application's, else `base` with the values of fields for `{name}`. `undefined` if a
 * value is missing or does not look as its field says: it would make another host of it.
 */
export function baseAddress(
  base: string,
  fields: Readonly<Record<string, string>>,
  row: ProviderRow,
  { baseUrl }: Site,
): string | undefined {
  if (baseUrl !== undefined) return baseUrl.replace(/\/+$/, '');
  let complete = true;
  const address = base.replace(/\{(\w+)(?:=([^}]*))?\}/g, (_, name: string, otherwise: string | undefined) => {
    const value = fields[name]?.trim() || otherwise || '';
    const { pattern, type } = row.fields?.[name] ?? {};
    // A part of an address without a pattern could be anything.
    if (value === '' || (type !== 'url' && !(pattern ? matches(pattern, value) : false))) complete = false;
    return value;
  });
  return complete ? address.replace(/\/+$/, '') : undefined;
}

/** @throws ConfigurationError */
export function checkBaseUrl(id: string, baseUrl: unknown): string {
  if (typeof baseUrl !== 'string' || !isApiAddress(baseUrl)) {
    throw new ConfigurationError(
      `The baseUrl of ${id} must be an https address without a query, such as https://api.example.com/v1, or http on this machine or its network.`,
    );
  }
  return baseUrl.replace(/\/+$/, '');
}
