export type { ByokModuleAsyncOptions, ByokModuleExtras, ByokOptionsFactory } from './byok.module-definition.js';
export { ByokModule } from './byok.module.js';
export { ByokService, cleanApiKey, getEnvKey, ResolvedApiKey } from './keys/index.js';
export { ByokHealth, type ByokHealthReport } from './health/index.js';
export { KeyWrapperHealth, type KeyWrapperStatus } from './keyring/index.js';
export { EncryptionService, maskKey, type SealContext } from './crypto/index.js';
export {
  ApiKey,
  RequireAnyApiKey,
  RequireApiKey,
  ResolvedKey,
  ApiKeyGuard,
  type ApiKeyResolution,
  ApiKeyResolver,
  type KeyRequirement,
} from './guards/index.js';
export {
  BYOK_ERROR_STATUS,
  ByokError,
  ConfigurationError,
  EncryptionError,
  InvalidInputError,
  InvalidKeyError,
  KeyConflictError,
  KeyLimitError,
  KeyNotFoundError,
  KeyRequiredError,
  KeyWrapperError,
  RetirementError,
  SecurityError,
  StorageError,
  UserRequiredError,
  type ByokErrorCode,
} from './errors/index.js';
export { ByokExceptionFilter, CleanupInterceptor, HttpsGuard, KeyForms, type ByokErrorBody } from './http/index.js';
export type {
  ApiOptions,
  AuditEntry,
  AuditOptions,
  ByokEvent,
  ByokModuleOptions,
  ByokRequest,
  CleanupOptions,
  DashboardOptions,
  ErasedUser,
  GuardOption,
  JoinedDataSource,
  KeyFormat,
  KeyHolder,
  KeyLabelOptions,
  KeyOwner,
  LayoutPage,
  PageLayout,
  KeySource,
  KeyWarning,
  KeyWrapContext,
  KeyWrapper,
  KeyWrapperCall,
  ObjectIdLike,
  PassphraseSecret,
  ProviderConfig,
  ProviderField,
  RateLimiterLike,
  RateLimitOptions,
  RootSecret,
  SavedKey,
  SecretOption,
  SetKeyOptions,
  StoredKey,
  UpdateKeyOptions,
  UserId,
  UserMetadata,
} from './interfaces/index.js';
export { Redacted } from './logging/index.js';
export type { Messages, PluralMessage } from './messages/index.js';
export { assertPublicUrl, type AssertPublicUrlOptions, type PublicUrl, type PublicUrlRules } from './ssrf/index.js';
export {
  RotationService,
  type RotateOptions,
  type RotationKeyStatus,
  type RotationProgress,
  type RotationProviderStatus,
  type RotationResult,
  type RotationStatus,
  type RotationStatusOptions,
  type RotationVerification,
  type UnreadableKey,
  type VerifyOptions,
} from './rotation/index.js';
export {
  ByokAuditEntry,
  byokEntities,
  ByokKeyringEntry,
  byokMigrations,
  byokPartitionMigrations,
  ByokRetiredKey,
  createByokMigrations,
  UserApiKey,
  type PartitionOptions,
} from './database/index.js';
export type { FormNotice, FormStateProps, Refusal } from './views/index.js';
