import type { ByokEvent } from './byok-event.interface.js';
import type { AuditOptions, ByokModuleOptions, RateLimitOptions } from './byok-options.interface.js';
import type { ResolvedDashboardOptions } from './dashboard-options.interface.js';
import type { GuardOption } from './guard-option.interface.js';
import type { ProviderConfig } from './provider-config.interface.js';
import type { ByokRequest } from './request.interface.js';
import type { CleanupOptions, NoticeOptions, RecheckOptions } from './schedule-options.interface.js';
import type { PlatformKeys, SharedOwner } from './shared-owner.interface.js';

/** The options after defaults and checks; without the secret, which only `EncryptionService` sees. @internal */
export interface ResolvedByokOptions {
  /** Not enumerable: a copy by `{ ...options }` has none. */
  readonly db: ByokModuleOptions['db'];
  readonly storage: 'session' | 'database' | 'hybrid';
  /** `undefined`: the user is looked for in `request.user`. */
  readonly resolveUser: ((request: ByokRequest) => unknown) | undefined;
  readonly resolveHolder: ByokModuleOptions['resolveHolder'];
  readonly sharedOwners: ReadonlyMap<string, SharedOwner>;
  /** Not enumerable, as they contain keys. */
  readonly platformKeys: PlatformKeys;
  readonly keySources: readonly string[];
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly allowUnknownProviders: boolean;
  readonly defaultTtl: number | null;
  readonly maxKeysPerUser: number;
  readonly https: 'off' | 'warn' | 'block';
  readonly publicOrigins: readonly string[];
  readonly path: string;
  readonly publicPath: string | undefined;
  readonly dashboard: false | ResolvedDashboardOptions;
  readonly guards: readonly GuardOption[];
  readonly api: false | Readonly<{ guards: readonly GuardOption[] }>;
  readonly feedback: boolean;
  readonly checkOnSave: boolean;
  readonly recheck: Readonly<Required<RecheckOptions>> | null;
  readonly notices: Readonly<Required<NoticeOptions>> | null;
  readonly cleanup: Readonly<Required<CleanupOptions>>;
  readonly tableName: string;
  readonly preparedStatements: boolean;
  readonly rateLimit: false | Readonly<Required<Omit<RateLimitOptions, 'store'>> & Pick<RateLimitOptions, 'store'>>;
  readonly onEvent: ((event: ByokEvent) => void) | undefined;
  readonly audit: false | Readonly<Required<AuditOptions>>;
}
