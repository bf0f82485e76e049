import type { ExecutionContext } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import type { ByokEvent } from './byok-event.interface.js';
import type { DashboardOptions } from './dashboard-options.interface.js';
import type { ApiOptions, GuardOption } from './guard-option.interface.js';
import type { UserId } from './key-owner.interface.js';
import type { SecretOption } from './key-wrapper.interface.js';
import type { ProviderConfig } from './provider-config.interface.js';
import type { ByokRequest, KeyHolder } from './request.interface.js';
import type { CleanupOptions, NoticeOptions, RecheckOptions } from './schedule-options.interface.js';
import type { PlatformKeys, SharedOwner } from './shared-owner.interface.js';

/** A connection that the application has. @publicApi */
export interface JoinedDataSource {
  /**
   * Name of the TypeORM connection.
   * @defaultValue the default connection
   */
  dataSource?: string;
}

/** Counts writes. The limiters of `rate-limiter-flexible` implement it. @publicApi */
export interface RateLimiterLike {
  /** Rejects with an object that has `msBeforeNext` if the limit is exceeded, with anything else if the limiter failed. */
  consume(key: string): Promise<unknown>;
}

/** Limits for writes over HTTP. @publicApi */
export interface RateLimitOptions {
  /**
   * Writes per window and owner.
   * @defaultValue `10`
   */
  perOwner?: number;
  /**
   * Writes per window and address (`request.ip`; an IPv6 /64 counts as one).
   * @defaultValue `60`
   */
  perAddress?: number;
  /**
   * Length of the window in milliseconds, at most 2,147,483,647.
   * @defaultValue `60_000`
   */
  windowMs?: number;
  /**
   * Creates limiters that instances share. While a limiter fails, writes are 503, unless it has an `insuranceLimiter`.
   * @defaultValue counters in the process
   *
   * @example
   * ```ts
   * store: ({ name, points, windowMs }) =>
   *   new RateLimiterRedis({ storeClient: redis, keyPrefix: name, points, duration: windowMs / 1000 })
   * ```
   */
  store?: (limit: { name: string; points: number; windowMs: number }) => RateLimiterLike;
}

/** The audit log. @publicApi */
export interface AuditOptions {
  /**
   * Days that entries are kept; `null`: permanently. Sweeps and `deleteExpired()` remove older ones.
   * @defaultValue `null`
   */
  retentionDays?: number | null;
}

/**
 * Options of `ByokModule.forRoot()`.
 *
 * @publicApi
 */
export interface ByokModuleOptions {
  /** The root secret, or a `KeyWrapper`. In an array, the first encrypts and all decrypt. Required. */
  secret: SecretOption | readonly SecretOption[];
  /**
   * The database: a Postgres URL or TypeORM options for a connection of its own, or `{ dataSource }` to join the
   * application's. Given but empty, it stops the start unless `storage` is `'session'`.
   * @defaultValue none: keys are stored in sessions
   */
  db?: string | DataSourceOptions | JoinedDataSource;
  /**
   * `'session'`: all keys in the session. `'database'`: keys of signed-in users in Postgres; others get 401. `'hybrid'`: users
   * in Postgres, anonymous visitors in the session.
   * @defaultValue `'hybrid'` with `db`, `'session'` without
   */
  storage?: 'session' | 'database' | 'hybrid';
  /**
   * Returns the caller's user id; `undefined` or `null` is an anonymous visitor. If it throws or returns an invalid id, the
   * request is 401; throw an `HttpException` for another response. Annotate the parameter with your platform's request
   * type: `(request: Request) => request.session.userId`.
   * @defaultValue `request.user.id`, `sub` or `userId`; 401 if `request.user` has none of them
   */
  resolveUser?(this: void, request: ByokRequest): UserId | null | undefined | Promise<UserId | null | undefined>;
  /**
   * Returns whose keys are meant outside of HTTP: in GraphQL, microservices and websockets. From what the application knows of
   * the connection, never from what a message says. `undefined` is nobody: such calls are refused. Without it, GraphQL takes
   * the HTTP request in its context, and everything else is refused.
   * @defaultValue none
   */
  resolveHolder?(
    this: void,
    context: ExecutionContext,
  ): KeyHolder | null | undefined | Promise<KeyHolder | null | undefined>;
  /**
   * Owners that share keys, such as teams, by kind: 1 to 32 lower-case letters, digits and hyphens. Requires `db`.
   * @defaultValue `{}`
   *
   * @example
   * ```ts
   * sharedOwners: {
   *   team: {
   *     resolve: (request: Request) => request.user?.teamId,
   *     canManage: (request: Request, id) => request.user?.adminOf === id,
   *   },
   * }
   * ```
   */
  sharedOwners?: Record<string, SharedOwner>;
  /**
   * The application's own keys, by provider. They are never stored, shown or listed.
   * @defaultValue `{}`
   */
  platformKeys?: PlatformKeys;
  /**
   * Whose keys are used, in this order: `'user'`, kinds of `sharedOwners`, `'platform'`. The first that has a key for one of the
   * providers is used, even if that key cannot be decrypted or was refused. Expired keys do not count.
   * @defaultValue `['user']`
   */
  keySources?: readonly string[];
  /**
   * Names, key formats and extra fields of providers.
   * @defaultValue `{}`
   */
  providers?: Record<string, ProviderConfig>;
  /**
   * `false` refuses providers that are not in `providers`.
   * @defaultValue `true`
   */
  allowUnknownProviders?: boolean;
  /**
   * Lifetime in milliseconds of keys stored without an expiry; `null`: permanent.
   * @defaultValue `null`
   */
  defaultTtl?: number | null;
  /**
   * Keys that one user may store.
   * @defaultValue `50`
   */
  maxKeysPerUser?: number;
  /**
   * How the module's routes treat unencrypted connections: accept, log a warning, or refuse. `'block'` also stops the start if
   * the platform trusts every proxy.
   * @defaultValue `'block'` if `NODE_ENV` is `production`, otherwise `'warn'`
   */
  https?: 'off' | 'warn' | 'block';
  /**
   * Origins whose pages may change keys, such as `https://app.example.com`: your front ends on other origins (JSON API only;
   * CORS is yours), and the application's own for browsers that do not send `Sec-Fetch-Site`. Compared exactly.
   * @defaultValue `[]`
   */
  publicOrigins?: string[];
  /**
   * Path of the pages and the JSON API.
   * @defaultValue `'byok'`
   */
  path?: string;
  /**
   * Path of the pages as browsers see it, such as `/tool/byok`, if a proxy in front of the application removes or adds a part
   * of the path. Links, forms, redirects and `manageUrl` use it.
   * @defaultValue the path in the application, with its global prefix and that of `RouterModule`
   */
  publicPath?: string;
  /**
   * The pages; `false`: none.
   * @defaultValue `{}`
   */
  dashboard?: false | DashboardOptions;
  /**
   * Guards of the application in front of the pages and the JSON API, such as a JWT guard. They run before anything is read or
   * written; the stylesheet and the script need no guard.
   * @defaultValue `[]`
   */
  guards?: GuardOption[];
  /**
   * The JSON API; `false`: none.
   * @defaultValue `true`
   */
  api?: boolean | ApiOptions;
  /**
   * Whether an error that leaves a handler under `@RequireApiKey()` is answered with `BYOK_KEY_REFUSED`,
   * `BYOK_KEY_NO_CREDIT` or `BYOK_KEY_RESTRICTED` if the provider refused the key that the guard resolved. `false` leaves all
   * errors to the application; `key.use()` and `key.report()` recognize refusals in any case.
   * @defaultValue `true`
   */
  feedback?: boolean;
  /**
   * Whether the pages and the JSON API ask the provider before they store a key, by the `check` of its configuration. A key
   * that the provider refuses is not stored (422 with `reason`); one that could not be checked is. In code, pass
   * `{ check: true }` to `setKey` or `updateKey`.
   * @defaultValue `true`; `false` if `NODE_ENV` is `test`
   */
  checkOnSave?: boolean;
  /**
   * Checks keys in the database again whose last check is longer ago; `null`: never. Instances share the work.
   * @defaultValue `null`
   */
  recheck?: RecheckOptions | null;
  /**
   * Reports keys in the database that expire soon or are not used any more, once each, by `onEvent` and in the audit log;
   * `null`: none. Looked for as often as `cleanup.sweepEvery` says.
   * @defaultValue `null`
   */
  notices?: NoticeOptions | null;
  /**
   * When expired keys are removed.
   * @defaultValue `{ onRequest: true, sweepEvery: 900_000 }`
   */
  cleanup?: CleanupOptions;
  /**
   * Table of the keys.
   * @defaultValue `'user_api_keys'`
   */
  tableName?: string;
  /**
   * `false` behind a pooler that does not keep prepared statements, such as PgBouncer before 1.21 in transaction mode.
   * @defaultValue `true`
   */
  preparedStatements?: boolean;
  /**
   * Limits for writes over HTTP; `false`: none. Calls of `ByokService` are not limited.
   * @defaultValue `{ perOwner: 10, perAddress: 60, windowMs: 60_000 }`
   */
  rateLimit?: false | RateLimitOptions;
  /**
   * Called for every key that is stored, replaced, deleted, expired, used, denied, re-encrypted or not decrypted. Errors it
   * throws are ignored.
   * @defaultValue none
   */
  onEvent?: (event: ByokEvent) => void;
  /**
   * Writes the same events to the table `byok_audit_log`, within a second and without delaying requests. Requires `db`.
   * @defaultValue `false`
   */
  audit?: boolean | AuditOptions;
}
