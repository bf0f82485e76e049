import { ConfigurationError } from '../errors/index.js';
import type { ByokModuleOptions, ResolvedByokOptions } from '../interfaces/index.js';
import { checkDashboard } from './dashboard-options.js';
import { checkDatabase } from './database-option.js';
import {
  assertKnownKeys,
  booleanOption,
  checkTableName,
  enumOption,
  guardsOption,
  integerOption,
  objectOption,
  optionalFunction,
} from './option-checks.js';
import { checkNotices } from './notice-options.js';
import { parseUrl } from '../validation/index.js';
import { checkKeySources } from './key-source-options.js';
import { checkProviderConfigs } from './provider-options.js';

const MINUTE = 60_000;

/** Every option there is: one that is not here is a slip of the pen, and refused. */
const KNOWN: Record<keyof ByokModuleOptions, true> = {
  secret: true,
  db: true,
  storage: true,
  resolveUser: true,
  resolveHolder: true,
  sharedOwners: true,
  platformKeys: true,
  keySources: true,
  providers: true,
  allowUnknownProviders: true,
  defaultTtl: true,
  maxKeysPerUser: true,
  https: true,
  publicOrigins: true,
  path: true,
  publicPath: true,
  guards: true,
  dashboard: true,
  api: true,
  feedback: true,
  checkOnSave: true,
  recheck: true,
  notices: true,
  cleanup: true,
  tableName: true,
  preparedStatements: true,
  rateLimit: true,
  onEvent: true,
  audit: true,
};

/**
 * Merges the defaults in, checks everything and freezes the result. Both ways of registering the module come through
 * here; the secret does not, only `EncryptionService` reads it.
 *
 * @throws ConfigurationError saying what to write instead
 * @internal
 */
export function resolveOptions(options: ByokModuleOptions): ResolvedByokOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError('ByokModule needs options: ByokModule.forRoot({ secret, db }).');
  }
  assertKnownKeys('', options, Object.keys(KNOWN), ['isGlobal']);
  const db = checkDatabase(options);
  const storage = enumOption('storage', options.storage ?? (db ? 'hybrid' : 'session'), [
    'session',
    'database',
    'hybrid',
  ]);
  if (storage !== 'session' && !db) {
    throw new ConfigurationError(
      `storage: '${storage}' needs a database: add db (a Postgres URL, TypeORM options or { dataSource }), or write storage: 'session'.`,
    );
  }
  const { platformKeys, ...keySources } = checkKeySources(options, storage);
  const resolved = {
    storage,
    ...keySources,
    resolveUser: checkResolveUser(options),
    resolveHolder: optionalFunction('resolveHolder', options.resolveHolder),
    providers: checkProviderConfigs(options.providers ?? {}),
    allowUnknownProviders: booleanOption('allowUnknownProviders', options.allowUnknownProviders, true),
    defaultTtl:
      options.defaultTtl == null ? null : integerOption('defaultTtl', options.defaultTtl, 'milliseconds, or null'),
    maxKeysPerUser: integerOption('maxKeysPerUser', options.maxKeysPerUser ?? 50),
    https: enumOption('https', options.https ?? (process.env.NODE_ENV === 'production' ? 'block' : 'warn'), [
      'off',
      'warn',
      'block',
    ]),
    publicOrigins: Object.freeze(checkOrigins(options.publicOrigins ?? [])),
    path: checkPath(options.path ?? 'byok'),
    publicPath: checkPublicPath(options.publicPath),
    dashboard: checkDashboard(options.dashboard),
    guards: guardsOption('guards', options),
    api: checkApi(options.api),
    feedback: booleanOption('feedback', options.feedback, true),
    // No test may ask a provider by accident.
    checkOnSave: booleanOption('checkOnSave', options.checkOnSave, process.env.NODE_ENV !== 'test'),
    recheck: checkRecheck(options.recheck ?? null),
    notices: checkNotices(options.notices),
    cleanup: checkCleanup(options.cleanup ?? {}),
    tableName: checkTableName(options.tableName ?? 'user_api_keys'),
    preparedStatements: booleanOption('preparedStatements', options.preparedStatements, true),
    rateLimit: checkRateLimit(options.rateLimit),
    onEvent: optionalFunction('onEvent', options.onEvent),
    audit: checkAudit(options.audit, db),
  };
  // They contain the database's password and keys. Anyone who prints a service, or the container, prints these options too.
  Object.defineProperty(resolved, 'db', { get: () => db });
  Object.defineProperty(resolved, 'platformKeys', { get: () => platformKeys });
  return Object.freeze(resolved) as ResolvedByokOptions;
}

/** A function that is undefined comes from a circular import: the default would find other users, or none. */
function checkResolveUser(options: ByokModuleOptions): ByokModuleOptions['resolveUser'] {
  const { resolveUser } = options;
  if ('resolveUser' in options && resolveUser === undefined) {
    throw new ConfigurationError(
      'resolveUser is given but undefined. If it is imported, the import is circular. For the default, leave it out.',
    );
  }
  return optionalFunction('resolveUser', resolveUser);
}

function checkApi(api: ByokModuleOptions['api']): ResolvedByokOptions['api'] {
  if (api === false) return false;
  const given = api === true ? {} : objectOption('api', api, 'true, false or ');
  assertKnownKeys('api.', given, ['guards']);
  return Object.freeze({ guards: guardsOption('api.guards', given) });
}

function checkRecheck(recheck: NonNullable<ByokModuleOptions['recheck']> | null): ResolvedByokOptions['recheck'] {
  if (recheck === null) return null;
  const given = objectOption('recheck', recheck, 'null or ');
  assertKnownKeys('recheck.', given, ['every', 'perSecond']);
  return Object.freeze({
    every: integerOption('recheck.every', given.every, 'milliseconds'),
    perSecond: integerOption('recheck.perSecond', given.perSecond ?? 2),
  });
}

function checkCleanup(cleanup: NonNullable<ByokModuleOptions['cleanup']>): ResolvedByokOptions['cleanup'] {
  const given = objectOption('cleanup', cleanup);
  assertKnownKeys('cleanup.', given, ['onRequest', 'sweepEvery']);
  const sweepEvery =
    given.sweepEvery === null
      ? null
      : integerOption('cleanup.sweepEvery', given.sweepEvery ?? 15 * MINUTE, 'milliseconds, or null');
  if (sweepEvery !== null) checkTimer('cleanup.sweepEvery', sweepEvery, '; null is never');
  return Object.freeze({ onRequest: booleanOption('cleanup.onRequest', given.onRequest, true), sweepEvery });
}

function checkRateLimit(rateLimit: ByokModuleOptions['rateLimit']): ResolvedByokOptions['rateLimit'] {
  if (rateLimit === false) return false;
  const given = objectOption('rateLimit', rateLimit, 'false or ');
  assertKnownKeys('rateLimit.', given, ['perOwner', 'perAddress', 'windowMs', 'store']);
  const windowMs = integerOption('rateLimit.windowMs', given.windowMs ?? MINUTE, 'milliseconds');
  checkTimer('rateLimit.windowMs', windowMs);
  return Object.freeze({
    perOwner: integerOption('rateLimit.perOwner', given.perOwner ?? 10),
    perAddress: integerOption('rateLimit.perAddress', given.perAddress ?? 60),
    windowMs,
    store: optionalFunction('rateLimit.store', given.store),
  });
}

function checkAudit(audit: ByokModuleOptions['audit'], db: ByokModuleOptions['db']): ResolvedByokOptions['audit'] {
  if (audit === undefined || audit === false) return false;
  if (!db) throw new ConfigurationError('audit needs a database: add db, or leave audit out.');
  const given = audit === true ? {} : objectOption('audit', audit);
  assertKnownKeys('audit.', given, ['retentionDays']);
  const days = given.retentionDays ?? null;
  return Object.freeze({
    retentionDays: days === null ? null : integerOption('audit.retentionDays', days, 'days, or null'),
  });
}

function checkOrigins(origins: unknown): string[] {
  if (!Array.isArray(origins)) throw new ConfigurationError("publicOrigins must be an array: ['https://example.com'].");
  return origins.map((origin: unknown) => {
    const parsed = typeof origin === 'string' ? parseUrl(origin) : undefined;
    if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.origin !== origin || origin.includes('*')) {
      throw new ConfigurationError(
        `publicOrigins takes origins as a browser sends them, each in full, without a path or a closing slash (https://example.com); got ${JSON.stringify(origin)}.`,
      );
    }
    return origin;
  });
}

function checkPath(path: unknown): string {
  const clean = typeof path === 'string' ? path.replace(/^\/+|\/+$/g, '') : '';
  if (!/^[A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*$/.test(clean) || clean.split('/').some((part) => /^\.+$/.test(part))) {
    throw new ConfigurationError(`path must be a plain URL path such as 'byok' or 'settings/keys'.`);
  }
  return clean;
}

/** With a slash at its front and none at its end, as links need it. */
function checkPublicPath(path: unknown): string | undefined {
  if (path === undefined) return undefined;
  const clean = typeof path === 'string' ? path.replace(/^\/|\/$/g, '') : '//';
  const parts = clean.split('/');
  if (path !== '/' && !parts.every((part) => /^(?!\.+$)(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+$/.test(part))) {
    throw new ConfigurationError(
      "publicPath must be the path of the pages as browsers see it, without the origin, such as '/tool/byok'.",
    );
  }
  return `/${clean}`;
}

/** Timers of Node overflow past 2^31 − 1 and then fire at once: a window would end as it begins. */
function checkTimer(name: string, value: number, instead = ''): void {
  if (value <= 2 ** 31 - 1) return;
  throw new ConfigurationError(`${name} can be at most 2147483647 milliseconds (24 days)${instead}.`);
}
