export { BYOK_MODULE_OPTIONS, type ByokModuleExtras, type ByokOptionsFactory } from './byok.module-definition.js';
export { ByokModule } from './byok.module.js';
export { ByokService } from './byok.service.js';
export { getEnvKey } from './byok.env.js';
export { ResolvedApiKey } from './resolved-api-key.js';
export { EncryptionService, maskKey } from './crypto/index.js';
export { ApiKey, RequireAnyApiKey, RequireApiKey, ResolvedKey } from './decorators/index.js';
export {
  BYOK_ERROR_STATUS,
  ByokError,
  ConfigurationError,
  EncryptionError,
  InvalidInputError,
  InvalidKeyError,
  KeyLimitError,
  KeyNotFoundError,
  KeyRequiredError,
  RetirementError,
  SecurityError,
  StorageError,
  UserRequiredError,
  type ByokErrorCode,
} from './errors/index.js';
export { ApiKeyGuard, HttpsGuard, type KeyRequirement } from './guards/index.js';
export { ByokExceptionFilter, PutKeyDto, type ByokErrorBody } from './http/index.js';
export { CleanupInterceptor } from './interceptors/cleanup.interceptor.js';
export type {
  AuditEntry,
  AuditOptions,
  ByokEvent,
  ByokModuleOptions,
  ByokRequest,
  CleanupOptions,
  DashboardOptions,
  ErasedUser,
  JoinedDataSource,
  KeyHolder,
  KeyLabelOptions,
  KeyOwner,
  KeySource,
  PassphraseSecret,
  ProviderConfig,
  ProviderField,
  RateLimiterLike,
  RateLimitOptions,
  RootSecret,
  SealContext,
  SetKeyOptions,
  StoredKey,
  UserId,
  UserMetadata,
} from './interfaces/index.js';
export { redact, RedactingLogger } from './logging/index.js';
export { assertPublicUrl, type AssertPublicUrlOptions, type PublicUrl, type PublicUrlRules } from './net/index.js';
export {
  RotationService,
  type RotateOptions,
  type RotationKeyStatus,
  type RotationProgress,
  type RotationResult,
  type RotationStatus,
  type RotationVerification,
  type UnreadableKey,
  type VerifyOptions,
} from './rotation/index.js';
export {
  BYOK_CONNECTION,
  ByokAuditEntry,
  byokEntities,
  ByokKeyringEntry,
  byokMigrations,
  ByokRetiredKey,
  createByokMigrations,
  HybridKeyStorage,
  KeyStorage,
  SessionKeyStorage,
  TypeOrmKeyStorage,
  UserApiKey,
  type KeyCaller,
  type KeyPlace,
  type KeyRecord,
  type KeySlot,
  type ListedKey,
  type PutResult,
  type RemovedKey,
  type RenewedKey,
  type SealedKey,
  type SessionHandle,
  type SessionStoreLike,
} from './storage/index.js';
export { formatProviderName, KeyInputForm, renderToString, type KeyInputFormProps } from './views/index.js';
