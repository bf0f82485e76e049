export type { AuditEntry, ErasedUser, OwnerMetadata, UserMetadata } from './audit-entry.interface.js';
export type { ByokEvent } from './byok-event.interface.js';
export type {
  AuditOptions,
  ByokModuleOptions,
  JoinedDataSource,
  RateLimitOptions,
  RateLimiterLike,
} from './byok-options.interface.js';
export type { DashboardOptions, LayoutPage, PageLayout } from './dashboard-options.interface.js';
export type { ApiOptions, GuardOption } from './guard-option.interface.js';
export type {
  CheckFetch,
  CheckRequest,
  FailureReader,
  KeyChecker,
  KeyOutcome,
  KeyToCheck,
  KeyVerdict,
  KeyVerdictReason,
  LastCheck,
  ProviderFailure,
} from './key-check.interface.js';
export type {
  ImportKeysOptions,
  ImportProgress,
  ImportResult,
  KeysToImport,
  KeyToImport,
  RefusedImport,
} from './key-import.interface.js';
export type { KeyOwner, KeySource, ObjectIdLike, UserId } from './key-owner.interface.js';
export type { KeyWrapContext, KeyWrapper, KeyWrapperCall, SecretOption } from './key-wrapper.interface.js';
export type { KeyFormat, ProviderConfig, ProviderField } from './provider-config.interface.js';
export type { ProviderOfRequest, RoutedRequest } from './provider-of-request.interface.js';
export type { ByokRequest, KeyHolder, OwnerHolder } from './request.interface.js';
export type { ResolvedByokOptions } from './resolved-options.interface.js';
export type { PassphraseSecret, RootSecret } from './root-secret.interface.js';
export type { PlatformKey, PlatformKeys, SharedOwner } from './shared-owner.interface.js';
export type {
  FindKeyOptions,
  KeyLabelOptions,
  KeyWarning,
  RequireKeyOptions,
  SavedKey,
  SetKeyOptions,
  StoredKey,
  UpdateKeyOptions,
} from './stored-key.interface.js';
export type { CleanupOptions, NoticeOptions, RecheckOptions } from './schedule-options.interface.js';
