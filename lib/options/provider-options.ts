import { ConfigurationError } from '../errors/index.js';
import type { ProviderConfig, ProviderField } from '../interfaces/index.js';
import { isApiAddress } from '../ssrf/index.js';
import { isFieldName, isProviderName } from '../validation/index.js';
import { safeUrl } from '../views/index.js';

const PROVIDER_KEYS = [
  'name',
  'placeholder',
  'docsUrl',
  'keysUrl',
  'keyFormat',
  'keyPrefix',
  'strict',
  'keyPattern',
  'fields',
  'hosts',
  'baseUrl',
  'check',
  'readFailure',
];
const FIELD_KEYS = [
  'label',
  'type',
  'visible',
  'placeholder',
  'required',
  'allowPrivate',
  'allowHttp',
  'pattern',
  'inAddress',
];
const HOST = /^(?:\*\.)?[a-z\d](?:[a-z\d.-]*[a-z\d])?\.[a-z]{2,}$/;

/**
 * Checks the option `providers`. The result has no prototype, so that looking up a provider called `constructor`
 * finds nothing.
 *
 * @throws ConfigurationError
 * @internal
 */
export function checkProviderConfigs(
  providers: Record<string, ProviderConfig>,
): Readonly<Record<string, ProviderConfig>> {
  if (typeof providers !== 'object' || Array.isArray(providers)) {
    throw new ConfigurationError("providers must be an object: { openai: { keyPrefix: 'sk-' } }.");
  }
  const checked = Object.create(null) as Record<string, ProviderConfig>;
  for (const [provider, config] of Object.entries(providers)) {
    const where = `providers[${JSON.stringify(provider)}]`;
    if (!isProviderName(provider)) {
      throw new ConfigurationError(
        `${where}: a provider's name is 1 to 64 lower-case letters, digits, dots, underscores and hyphens.`,
      );
    }
    assertKnownKeys(where, config, PROVIDER_KEYS);
    requireTexts(where, config, ['name', 'placeholder', 'docsUrl', 'keysUrl', 'baseUrl']);
    checkKeyFormat(where, config);
    if (config.keyPattern !== undefined && !(config.keyPattern instanceof RegExp)) {
      throw new ConfigurationError(`${where}.keyPattern must be a RegExp.`);
    }
    for (const name of ['docsUrl', 'keysUrl'] as const) {
      const url = config[name];
      if (url !== undefined && !/^https:/i.test(safeUrl(url) ?? '')) {
        throw new ConfigurationError(`${where}.${name} must be an https address.`);
      }
    }
    checkAddresses(where, config);
    checked[provider] = Object.freeze({ ...config, fields: checkFields(`${where}.fields`, config.fields ?? {}) });
  }
  return Object.freeze(checked);
}

/** Where the provider is, and what is asked there. */
function checkAddresses(where: string, { hosts, baseUrl, check, readFailure }: ProviderConfig): void {
  if (hosts !== undefined && !(Array.isArray(hosts) && hosts.every((host) => HOST.test(String(host))))) {
    throw new ConfigurationError(
      `${where}.hosts must be an array of host names, such as ['api.example.com', '*.example.net'].`,
    );
  }
  if (baseUrl !== undefined && !isApiAddress(baseUrl)) {
    throw new ConfigurationError(
      `${where}.baseUrl must be an https address without a query, or http on this machine or its network.`,
    );
  }
  for (const [name, value] of Object.entries({ check, readFailure })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new ConfigurationError(`${where}.${name} must be a function.`);
    }
  }
}

function checkKeyFormat(where: string, { keyFormat = 'token', keyPrefix, strict }: ProviderConfig): void {
  if (!['token', 'text', 'json'].includes(keyFormat)) {
    throw new ConfigurationError(`${where}.keyFormat must be 'token', 'text' or 'json'.`);
  }
  const prefixes: unknown[] = [keyPrefix ?? []].flat();
  if (!prefixes.every((prefix) => typeof prefix === 'string' && prefix !== '')) {
    throw new ConfigurationError(`${where}.keyPrefix must be a string or an array of strings, such as ['sk-', 'rk-'].`);
  }
  if (strict !== undefined && (typeof strict !== 'boolean' || prefixes.length === 0)) {
    throw new ConfigurationError(`${where}.strict must be true or false, beside keyPrefix.`);
  }
}

function checkFields(where: string, fields: Record<string, ProviderField>): Readonly<Record<string, ProviderField>> {
  if (typeof fields !== 'object' || Array.isArray(fields)) throw new ConfigurationError(`${where} must be an object.`);
  for (const [field, facts] of Object.entries(fields)) {
    if (!isFieldName(field)) {
      throw new ConfigurationError(
        `${where}: a name is a letter, then up to 63 letters, digits, underscores or hyphens.`,
      );
    }
    assertKnownKeys(`${where}.${field}`, facts, FIELD_KEYS);
    requireTexts(`${where}.${field}`, facts, ['label', 'placeholder']);
    const type = facts.type ?? 'text';
    if (!['text', 'url', 'password', 'textarea'].includes(type)) {
      throw new ConfigurationError(`${where}.${field}.type must be 'text', 'url', 'password' or 'textarea'.`);
    }
    for (const name of ['required', 'visible', 'allowPrivate', 'allowHttp', 'inAddress'] as const) {
      if (facts[name] !== undefined && typeof facts[name] !== 'boolean') {
        throw new ConfigurationError(`${where}.${field}.${name} must be true or false.`);
      }
    }
    if (facts.allowPrivate !== undefined && type !== 'url') {
      throw new ConfigurationError(`${where}.${field}.allowPrivate needs type: 'url'.`);
    }
    if (facts.allowHttp !== undefined && facts.allowPrivate !== true) {
      throw new ConfigurationError(`${where}.${field}.allowHttp needs allowPrivate: true.`);
    }
    if (facts.pattern !== undefined && !(facts.pattern instanceof RegExp)) {
      throw new ConfigurationError(`${where}.${field}.pattern must be a RegExp.`);
    }
    if (facts.inAddress === true && facts.pattern === undefined) {
      throw new ConfigurationError(`${where}.${field}.inAddress needs pattern, such as /^[a-z\\d-]+$/.`);
    }
    if (facts.visible === true && type === 'password') {
      throw new ConfigurationError(`${where}.${field} cannot be visible and of type 'password'.`);
    }
  }
  return Object.freeze({ ...fields });
}

/** A fact that is misspelt would quietly not be enforced. */
function assertKnownKeys(where: string, facts: unknown, known: readonly string[]): void {
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) {
    throw new ConfigurationError(`${where} must be an object.`);
  }
  const unknown = Object.keys(facts).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ConfigurationError(
    `${where} cannot have ${JSON.stringify(unknown)}. What it can have is: ${known.join(', ')}.`,
  );
}

function requireTexts(where: string, facts: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (facts as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== 'string') {
      throw new ConfigurationError(`${where}.${name} must be a string.`);
    }
  }
}
