import { ConfigurationError } from './errors/index.js';
import type { ProviderConfig } from './interfaces/index.js';
import { isFieldName, isProviderName } from './validation/names.js';

/**
 * Checks the option `providers`. The result has no prototype, so that looking up a provider called `constructor`
 * finds nothing.
 *
 * @throws {ConfigurationError}
 * @internal
 */
export function checkProviderConfigs(
  providers: Record<string, ProviderConfig>,
): Readonly<Record<string, ProviderConfig>> {
  const checked = Object.create(null) as Record<string, ProviderConfig>;
  for (const [provider, config] of Object.entries(providers)) {
    const where = `providers[${JSON.stringify(provider)}]`;
    if (!isProviderName(provider)) {
      throw new ConfigurationError(
        `${where}: a provider's name is 1 to 64 lower-case letters, digits, dots, underscores and hyphens.`,
      );
    }
    if (typeof config !== 'object' || config === null) throw new ConfigurationError(`${where} has to be an object.`);
    if (config.keyPrefix !== undefined && typeof config.keyPrefix !== 'string') {
      throw new ConfigurationError(`${where}.keyPrefix has to be a text.`);
    }
    if (config.keyPattern !== undefined && !(config.keyPattern instanceof RegExp)) {
      throw new ConfigurationError(`${where}.keyPattern has to be a RegExp.`);
    }
    if (config.docsUrl !== undefined && !/^https:\/\//.test(config.docsUrl)) {
      throw new ConfigurationError(`${where}.docsUrl has to be an https address.`);
    }
    for (const [field, { type = 'text', allowPrivate }] of Object.entries(config.fields ?? {})) {
      if (!isFieldName(field)) {
        throw new ConfigurationError(
          `${where}.fields: a name is a letter, then up to 63 letters, digits, underscores or hyphens.`,
        );
      }
      if (!['text', 'url', 'password'].includes(type)) {
        throw new ConfigurationError(`${where}.fields.${field}.type has to be 'text', 'url' or 'password'.`);
      }
      if (allowPrivate !== undefined && (typeof allowPrivate !== 'boolean' || type !== 'url')) {
        throw new ConfigurationError(
          `${where}.fields.${field}.allowPrivate has to be true or false, beside type: 'url'.`,
        );
      }
    }
    checked[provider] = Object.freeze({ ...config, fields: Object.freeze({ ...config.fields }) });
  }
  return Object.freeze(checked);
}
