import 'reflect-metadata';
import { type DynamicModule, Module, type NestModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuditLog, AuditTable, KeyEvents } from './audit/index.js';
import { BYOK_OPTIONS } from './byok.constants.js';
import {
  BYOK_MODULE_OPTIONS,
  type ByokModuleAsyncOptions,
  type ByokModuleExtras,
  ConfigurableModuleClass,
} from './byok.module-definition.js';
import { createRoutes } from './byok.routes.js';
import { KeyChecks } from './checks/index.js';
import { EncryptionService, Keyring } from './crypto/index.js';
import { DashboardPages, KeyFormActions } from './dashboard/index.js';
import { ByokDatabase } from './database/index.js';
import { ConfigurationError } from './errors/index.js';
import { ExpiredKeyCleanup, ExpiredKeySweeper, KeyNotices } from './expiry/index.js';
import { ApiKeyGuard, ApiKeyResolver, ApplicationFilters, HandlerCheck, RefusalAnswers } from './guards/index.js';
import { ByokHealth } from './health/index.js';
import {
  ByokExceptionFilter,
  CleanupInterceptor,
  CsrfTokens,
  ErrorPages,
  ErrorResponses,
  Flash,
  HttpsGuard,
  KeyForms,
  MountPath,
  PageRenderer,
  PlatformErrors,
  RequestedOwners,
  RouteSupport,
  TrustedProxies,
  WriteLimits,
} from './http/index.js';
import { CallerResolver, SharedOwners } from './identity/index.js';
import type { ByokModuleOptions, ResolvedByokOptions } from './interfaces/index.js';
import { KeyringTable, KeyWrapperHealth, StartupCheck, WrappedRootKeys } from './keyring/index.js';
import {
  ByokService,
  CheckedSaves,
  EnvImport,
  KeyDescriptions,
  KeyImport,
  KeyRecheck,
  KeyRemoval,
  KeyResolver,
  KeySealer,
  KeyUses,
  KeyWriter,
  PlatformKeySource,
  SessionKeyAdoption,
  SessionReencryption,
  StoredKeyChecks,
  UserData,
} from './keys/index.js';
import { markCopy, RedactedOptions, redactOptions, registerOnce, resolveOptions } from './options/index.js';
import { RotationService } from './rotation/index.js';
import { SavedUrlCheck } from './ssrf/index.js';
import { HybridKeyStorage, KeyStorage, SessionKeyStorage, TypeOrmKeyStorage } from './storage/index.js';

/**
 * Keeps users' own API keys for third parties: encrypted, in the session, in Postgres or in both, and hands the right
 * one to the right handler.
 *
 * @example
 * ```ts
 * @Module({ imports: [ByokModule.forRoot({ secret: process.env.BYOK_SECRET!, db: process.env.DATABASE_URL })] })
 * export class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({})
export class ByokModule implements NestModule {
  /** @internal */
  constructor(private readonly upstream: PlatformErrors) {}

  /** Called by Nest. */
  configure(): void {
    this.upstream.prepare();
  }

  /** Registers the module. An invalid option stops the start with a message that gives the fix. */
  static forRoot(options: ByokModuleOptions & Partial<ByokModuleExtras>): DynamicModule {
    // Spread, so that a missing argument is reported like any other invalid option.
    return wire({ ...ConfigurableModuleClass.forRoot({ ...options }), module: this }, registerOnce());
  }

  /** Registers the module with options that are known later: `{ imports, inject, useFactory | useClass | useExisting }`. */
  static forRootAsync(options: ByokModuleAsyncOptions): DynamicModule {
    const { useFactory, useClass, useExisting } = { ...options };
    if (!useFactory && !useClass && !useExisting) {
      throw new ConfigurationError(
        'ByokModule.forRootAsync() needs one of useFactory, useClass and useExisting: { useFactory: () => ({ secret, db }) }.',
      );
    }
    return wire({ ...ConfigurableModuleClass.forRootAsync(options), module: this }, registerOnce(), !useFactory);
  }
}

/**
 * What applications may inject. `RouteSupport` and `RefusalAnswers` are for the guards, filters and interceptors that Nest
 * creates in their modules.
 */
const SHARED = [
  ByokService,
  ApiKeyResolver,
  RotationService,
  KeyForms,
  ByokHealth,
  KeyWrapperHealth,
  RouteSupport,
  RefusalAnswers,
  ApiKeyGuard,
  HttpsGuard,
  CleanupInterceptor,
  SessionKeyStorage,
  TypeOrmKeyStorage,
  HybridKeyStorage,
];

function wire(definition: DynamicModule, once: Provider[], ofClass = false): DynamicModule {
  const routes = createRoutes();
  return {
    ...definition,
    controllers: routes.controllers,
    providers: [
      ...once,
      ...redactOptions(definition.providers, ofClass),
      {
        provide: BYOK_OPTIONS,
        inject: [BYOK_MODULE_OPTIONS],
        useFactory: (held: RedactedOptions) => resolveOptions(RedactedOptions.reveal(held)),
      },
      {
        provide: Keyring,
        // After the options, so that an invalid one is reported before the secret is examined.
        inject: [BYOK_MODULE_OPTIONS, BYOK_OPTIONS],
        useFactory: (held: RedactedOptions) => new Keyring(RedactedOptions.reveal(held).secret),
      },
      {
        provide: EncryptionService,
        inject: [Keyring],
        useFactory: (keyring: Keyring) => new EncryptionService(keyring),
      },
      {
        provide: KeyStorage,
        inject: [BYOK_OPTIONS, SessionKeyStorage, TypeOrmKeyStorage, HybridKeyStorage],
        useFactory: (
          { storage }: ResolvedByokOptions,
          session: SessionKeyStorage,
          database: TypeOrmKeyStorage,
          hybrid: HybridKeyStorage,
        ) => ({ session, database, hybrid })[storage],
      },
      ...SHARED,
      ApplicationFilters,
      ExpiredKeyCleanup,
      ErrorResponses,
      CallerResolver,
      SharedOwners,
      KeyEvents,
      KeyResolver,
      PlatformKeySource,
      AuditLog,
      AuditTable,
      UserData,
      ByokDatabase,
      SessionKeyAdoption,
      KeyringTable,
      SessionReencryption,
      KeyDescriptions,
      KeySealer,
      KeyUses,
      KeyWriter,
      WrappedRootKeys,
      SavedUrlCheck,
      KeyChecks,
      CheckedSaves,
      StoredKeyChecks,
      KeyRecheck,
      EnvImport,
      KeyImport,
      KeyRemoval,
      ExpiredKeySweeper,
      KeyNotices,
      StartupCheck,
      HandlerCheck,
      DashboardPages,
      KeyFormActions,
      ErrorPages,
      Flash,
      CsrfTokens,
      MountPath,
      PageRenderer,
      TrustedProxies,
      WriteLimits,
      RequestedOwners,
      PlatformErrors,
      routes.provider,
      { provide: APP_FILTER, useClass: ByokExceptionFilter },
    ],
    exports: [EncryptionService, KeyStorage, ...SHARED],
  };
}

markCopy(ApiKeyGuard);
