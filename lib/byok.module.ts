import { Module, type DynamicModule, type NestModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ByokAccounts } from './byok.accounts.js';
import { AuditLog } from './byok.audit.js';
import { KeyAdoption } from './byok.adoption.js';
import { ByokCallers } from './byok.callers.js';
import { KeyCleanup } from './byok.cleanup.js';
import { BYOK_OPTIONS } from './byok.constants.js';
import { ByokEvents } from './byok.events.js';
import { ByokHealth } from './byok.health.js';
import { HeldOptions, holdOptions } from './byok.held-options.js';
import {
  BYOK_MODULE_OPTIONS,
  ConfigurableModuleClass,
  type ASYNC_OPTIONS_TYPE,
  type OPTIONS_TYPE,
} from './byok.module-definition.js';
import { resolveOptions } from './byok.options.js';
import { createRoutes } from './byok.routes.js';
import { KeyRenewal } from './byok.renewal.js';
import { KeyResolver } from './byok.resolver.js';
import { ByokService } from './byok.service.js';
import { ByokStartup } from './byok.startup.js';
import { KeySweeper } from './byok.sweeper.js';
import { KeyVault } from './byok.vault.js';
import { WrappedRoots } from './byok.wrapped-roots.js';
import { KeyWrapperHealth } from './byok.wrapper-health.js';
import { EncryptionService, Keyring } from './crypto/index.js';
import { DashboardGuards, DashboardPages } from './dashboard/index.js';
import { ConfigurationError } from './errors/index.js';
import { ApiKeyGuard, HttpsGuard } from './guards/index.js';
import {
  ByokExceptionFilter,
  ErrorAnswers,
  ErrorPages,
  Flash,
  FormTokens,
  KeyForms,
  MountPath,
  PageFrame,
  TrustedProxies,
  UpstreamErrors,
} from './http/index.js';
import { CleanupInterceptor } from './interceptors/cleanup.interceptor.js';
import type { ResolvedByokOptions } from './interfaces/index.js';
import { SavedHosts } from './net/index.js';
import { RotationService } from './rotation/index.js';
import {
  AuditTable,
  ByokDatabase,
  HybridKeyStorage,
  KeyringRegistry,
  KeyStorage,
  SessionKeyStorage,
  TypeOrmKeyStorage,
} from './storage/index.js';

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
export class ByokModule extends ConfigurableModuleClass implements NestModule {
  constructor(private readonly upstream: UpstreamErrors) {
    super();
  }

  /** For Nest to call. @internal */
  configure(): void {
    this.upstream.prepare();
  }

  /** Registers the module; a wrong option stops the start with a message that says what to write instead. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    // Also where there are none, which is then told as any other slip.
    return wire(super.forRoot({ ...options }));
  }

  /** Registers the module with options that are known later: `{ imports, inject, useFactory | useClass | useExisting }`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    const { useFactory, useClass, useExisting } = { ...options };
    if (!useFactory && !useClass && !useExisting) {
      throw new ConfigurationError(
        'ByokModule.forRootAsync() needs one of useFactory, useClass and useExisting: { useFactory: () => ({ secret, db }) }.',
      );
    }
    return wire(super.forRootAsync(options), !useFactory);
  }
}

/** Injectable wherever the module is: what applications use, and what guards, filters and interceptors on their routes need. */
const SHARED = [
  ByokService,
  KeyResolver,
  RotationService,
  KeyForms,
  ByokHealth,
  KeyWrapperHealth,
  ByokCallers,
  ByokEvents,
  KeyCleanup,
  ErrorAnswers,
  ApiKeyGuard,
  HttpsGuard,
  CleanupInterceptor,
  SessionKeyStorage,
  TypeOrmKeyStorage,
  HybridKeyStorage,
];

function wire(definition: DynamicModule, ofClass = false): DynamicModule {
  const routes = createRoutes();
  return {
    ...definition,
    controllers: routes.controllers,
    providers: [
      ...holdOptions(definition.providers, ofClass),
      {
        provide: BYOK_OPTIONS,
        inject: [BYOK_MODULE_OPTIONS],
        useFactory: (held: HeldOptions) => resolveOptions(HeldOptions.reveal(held)),
      },
      {
        provide: Keyring,
        // After the options, so that a slip in them is told before the secret is looked at.
        inject: [BYOK_MODULE_OPTIONS, BYOK_OPTIONS],
        useFactory: (held: HeldOptions) => new Keyring(HeldOptions.reveal(held).secret),
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
      AuditLog,
      AuditTable,
      ByokAccounts,
      ByokDatabase,
      KeyAdoption,
      KeyringRegistry,
      KeyRenewal,
      KeyVault,
      WrappedRoots,
      SavedHosts,
      KeySweeper,
      ByokStartup,
      DashboardGuards,
      DashboardPages,
      ErrorPages,
      Flash,
      FormTokens,
      MountPath,
      PageFrame,
      TrustedProxies,
      UpstreamErrors,
      routes.provider,
      { provide: APP_FILTER, useClass: ByokExceptionFilter },
    ],
    exports: [BYOK_OPTIONS, EncryptionService, KeyStorage, ...SHARED],
  };
}
