import type { DataSourceOptions } from 'typeorm';
import type { ByokEvent } from './byok-event.interface.js';
import type { DashboardOptions, ResolvedDashboardOptions } from './dashboard-options.interface.js';
import type { SecretOption } from './key-wrapper.interface.js';
import type { ProviderConfig } from './provider-config.interface.js';
import type { ByokRequest } from './request.interface.js';

/** A DataSource that the application has: `{}` for its default one, else its name. @publicApi */
export interface JoinedDataSource {
  dataSource?: string;
}

/** The id `resolveUser` found; `undefined` is an anonymous visitor. @publicApi */
export type UserId = string | number | undefined;

/** When expired keys are removed. @publicApi */
export interface CleanupOptions {
  /** Remove the caller's own after a request that used keys. Default true. */
  onRequest?: boolean;
  /** Remove everybody's every so many milliseconds, `null` for never. Default 15 minutes. */
  sweepEvery?: number | null;
}

/** Counts writes. The limiters of `rate-limiter-flexible` fit as they are. @publicApi */
export interface RateLimiterLike {
  /** Rejects with an object that has `msBeforeNext` where the limit is passed, with anything else where it failed. */
  consume(key: string): Promise<unknown>;
}

/** How often keys may be written at the HTTP edge. @publicApi */
export interface RateLimitOptions {
  /** Writes in a window for one owner. Default 10. */
  perOwner?: number;
  /** Writes in a window from one address (`request.ip`; of IPv6 from one /64). Default 60. */
  perAddress?: number;
  /** Milliseconds, at most 2 147 483 647. Default 60 000. */
  windowMs?: number;
  /**
   * Makes the limiters, for several instances that share a count. Default: counted in the process. While a limiter
   * fails, writes are 503; give it an `insuranceLimiter` for them to be counted in the process meanwhile.
   *
   * @example
   * store: ({ name, points, windowMs }) =>
   *   new RateLimiterRedis({ storeClient: redis, keyPrefix: name, points, duration: windowMs / 1000 })
   */
  store?: (limit: { name: string; points: number; windowMs: number }) => RateLimiterLike;
}

/** The audit log. @publicApi */
export interface AuditOptions {
  /** Days that entries are kept, `null` for ever. Older ones go with `deleteExpired()`, so with each sweep. Default `null`. */
  retentionDays?: number | null;
}

/**
 * Options of `ByokModule.forRoot()`.
 *
 * @publicApi
 */
export interface ByokModuleOptions {
  /**
   * The root secret, or a `KeyWrapper` whose service keeps it. In an array the first seals and all open, as with
   * express-session. Required.
   */
  secret: SecretOption | readonly SecretOption[];
  /**
   * Where the database is: a Postgres URL or TypeORM options (the module opens its own connection), or
   * `{ dataSource }` (it joins one that the application has). Default none: keys live in sessions.
   */
  db?: string | DataSourceOptions | JoinedDataSource;
  /**
   * `session`: in `request.session`. `database`: signed-in users' rows. `hybrid`: users in the database, visitors in
   * their session. Default `'hybrid'` with `db`, else `'session'`.
   */
  storage?: 'session' | 'database' | 'hybrid';
  /**
   * Who the caller is; `undefined` or `null` is a visitor. Anything else that is no id is 401, as is a failure: throw an
   * `HttpException` to answer otherwise. Default `request.user?.id ?? request.user?.sub`. Annotate the parameter with the type of your
   * platform's request: `(request: Request) => request.session.userId`.
   */
  resolveUser?(this: void, request: ByokRequest): UserId | Promise<UserId>;
  /** Facts per provider. Default `{}`. */
  providers?: Record<string, ProviderConfig>;
  /** false: only providers named in `providers`. Default true. */
  allowUnknownProviders?: boolean;
  /** Milliseconds that a key stored without an expiry lives, `null` for ever. Default `null`. */
  defaultTtl?: number | null;
  /** Default 50. */
  maxKeysPerUser?: number;
  /** What the module's own routes do without TLS; `'block'` refuses to start where the platform trusts every proxy. Default `'block'` when `NODE_ENV` is `production`, else `'warn'`. */
  https?: 'off' | 'warn' | 'block';
  /**
   * Origins the pages are served from (`https://app.example.com`), for browsers that send no `Sec-Fetch-Site`. A request
   * with neither that header nor `Origin` may write only without a cookie, and with an `Authorization` header or a user
   * that `resolveUser` finds. Default `[]`.
   */
  publicOrigins?: string[];
  /** Where the pages and the JSON API are mounted. Default `'byok'`. */
  path?: string;
  /** false: no pages. */
  dashboard?: false | DashboardOptions;
  /** false: no JSON routes. Default true. */
  api?: boolean;
  /** Removal of expired keys. */
  cleanup?: CleanupOptions;
  /** Default `'user_api_keys'`. */
  tableName?: string;
  /** false behind a pooler that cannot keep prepared statements. Default true. */
  preparedStatements?: boolean;
  /** Limits for writes at the HTTP edge; `ByokService` calls are never limited. */
  rateLimit?: false | RateLimitOptions;
  /** Told of everything that happens to keys. A listener that throws harms nothing. */
  onEvent?: (event: ByokEvent) => void;
  /**
   * Keep what happens to keys in the table `byok_audit_log`; needs `db`. No request waits for it or fails with it: entries
   * are written within a second. See `ByokService.auditTrail`. Default false.
   */
  audit?: boolean | AuditOptions;
}

/** The options after defaults and checks; without the secret, which only `EncryptionService` sees. @internal */
export interface ResolvedByokOptions {
  /** Not enumerable: a copy by `{ ...options }` has none. */
  readonly db: ByokModuleOptions['db'];
  readonly storage: 'session' | 'database' | 'hybrid';
  readonly resolveUser: (request: ByokRequest) => unknown;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly allowUnknownProviders: boolean;
  readonly defaultTtl: number | null;
  readonly maxKeysPerUser: number;
  readonly https: 'off' | 'warn' | 'block';
  readonly publicOrigins: readonly string[];
  readonly path: string;
  readonly dashboard: false | ResolvedDashboardOptions;
  readonly api: boolean;
  readonly cleanup: Readonly<Required<CleanupOptions>>;
  readonly tableName: string;
  readonly preparedStatements: boolean;
  readonly rateLimit: false | Readonly<Required<Omit<RateLimitOptions, 'store'>> & Pick<RateLimitOptions, 'store'>>;
  readonly onEvent: ((event: ByokEvent) => void) | undefined;
  readonly audit: false | Readonly<Required<AuditOptions>>;
}
