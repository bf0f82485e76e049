import { ConfigurationError } from '../errors/index.js';
import type { ByokModuleOptions, PlatformKeys, ResolvedByokOptions, SharedOwner } from '../interfaces/index.js';
import { isProviderName, isSharedKind, PLATFORM_SOURCE, USER_SOURCE } from '../validation/index.js';
import { assertKnownKeys, objectOption, optionalFunction } from './option-checks.js';

type KeySourceOptions = Pick<ResolvedByokOptions, 'sharedOwners' | 'platformKeys' | 'keySources'>;

/**
 * Whose keys may be used beside the caller's own.
 *
 * @throws ConfigurationError
 * @internal
 */
export function checkKeySources(options: ByokModuleOptions, storage: ResolvedByokOptions['storage']): KeySourceOptions {
  const sharedOwners = checkSharedOwners(options.sharedOwners);
  if (sharedOwners.size > 0 && storage === 'session') {
    throw new ConfigurationError('sharedOwners needs a database: add db. A session has one owner.');
  }
  const platformKeys = checkPlatformKeys(options.platformKeys);
  const known = [USER_SOURCE, ...sharedOwners.keys(), PLATFORM_SOURCE];
  const { keySources = [USER_SOURCE] } = options;
  if (!Array.isArray(keySources) || keySources.length === 0 || new Set(keySources).size < keySources.length) {
    throw new ConfigurationError(
      "keySources must be an array of different names such as ['user', 'team', 'platform'].",
    );
  }
  const unknown = (keySources as unknown[]).find((source) => !known.includes(source as string));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `keySources has ${JSON.stringify(unknown)}, which must be one of: ${known.join(', ')}. Add other owners to the option sharedOwners.`,
    );
  }
  if (keySources.includes(PLATFORM_SOURCE) && Object.keys(platformKeys).length === 0) {
    throw new ConfigurationError("keySources has 'platform', but platformKeys is empty. Add your own keys there.");
  }
  return { sharedOwners, platformKeys, keySources: Object.freeze([...(keySources as readonly string[])]) };
}

function checkSharedOwners(given: ByokModuleOptions['sharedOwners']): ReadonlyMap<string, SharedOwner> {
  const owners = Object.entries(objectOption('sharedOwners', given)).map(([kind, owner]) => {
    if (!isSharedKind(kind)) {
      throw new ConfigurationError(
        `sharedOwners: ${JSON.stringify(kind)} must be 1 to 32 lower-case letters, digits and hyphens, beginning with a letter, and not user, session, platform, byok or canary.`,
      );
    }
    const name = `sharedOwners.${kind}`;
    const rules = objectOption(name, owner);
    assertKnownKeys(`${name}.`, rules, ['resolve', 'canManage', 'name']);
    if (typeof rules.resolve !== 'function') {
      throw new ConfigurationError(
        `${name}.resolve must be a function that returns the id of the caller's ${kind}, such as (request) => request.user?.${kind}Id.`,
      );
    }
    if ('canManage' in rules && rules.canManage === undefined) {
      throw new ConfigurationError(`${name}.canManage is given but undefined. Leave it out if nobody may manage keys.`);
    }
    optionalFunction(`${name}.canManage`, rules.canManage);
    if (
      rules.name !== undefined &&
      typeof rules.name !== 'function' &&
      (typeof rules.name !== 'string' || !rules.name)
    ) {
      throw new ConfigurationError(`${name}.name must be a string, or a function that returns one.`);
    }
    return [kind, Object.freeze({ ...rules })] as const;
  });
  return new Map(owners);
}

/** The keys themselves are checked where they are read. No message may contain one. */
function checkPlatformKeys(given: ByokModuleOptions['platformKeys']): PlatformKeys {
  const keys: unknown = given ?? {};
  const names = typeof keys === 'object' && keys !== null && !Array.isArray(keys) ? Object.keys(keys) : [''];
  if (!names.every(isProviderName)) {
    throw new ConfigurationError(
      "platformKeys must have names of providers such as 'openai', and keys as their values: { openai: process.env.OPENAI_API_KEY }.",
    );
  }
  for (const [provider, key] of Object.entries(given ?? {})) {
    const isKey = typeof key === 'object' && key !== null && typeof key.apiKey === 'string';
    if (key === undefined || typeof key === 'string' || typeof key === 'function' || isKey) continue;
    throw new ConfigurationError(
      `platformKeys.${provider} must be a key, { apiKey, fields }, or a function that returns one of these.`,
    );
  }
  return Object.freeze({ ...given });
}
